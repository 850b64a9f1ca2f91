using Casemate.Attestation;
using Casemate.Attestation.Snp;
using Casemate.Collateral;

namespace Casemate.Cli.Verify;

/// <summary>Turns <c>--root</c> values into the set of accepted roots.</summary>
internal static class RootOptions
{
    /// <summary>The name of the pinned roots.</summary>
    public const string Production = "production";

    /// <summary>The values, for people.</summary>
    public static string Describe(IReadOnlyList<string> values) => values.Count == 0 ? Production : string.Join(", ", values);

    /// <summary>
    /// The roots named: <c>production</c> for the pinned ones, otherwise a file with one or more root certificates. Only what is
    /// named is accepted; nothing named means <c>production</c>.
    /// </summary>
    /// <exception cref="MalformedInputException">A file is unreadable or holds no root.</exception>
    public static TrustRoots Read(IReadOnlyList<string> values)
    {
        if (values.Count == 0 || (values.Count == 1 && values[0] == Production))
        {
            return TrustRoots.Production;
        }

        var roots = values.Contains(Production) ? TrustRoots.Production : TrustRoots.None;
        foreach (var path in values.Where(value => value != Production))
        {
            roots = Allow(roots, ReadFile(path));
        }

        return roots;
    }

    /// <summary>The same roots, and others that are none of the pinned ones: what they vouch for says SIMULATED.</summary>
    public static TrustRoots Allow(TrustRoots roots, IEnumerable<(ReadOnlyMemory<byte> Der, SnpProduct? Product)> others) =>
        others.Aggregate(roots, (all, root) => root.Product is { } product
            ? all.AllowSimulatedArk(root.Der.Span, product)
            : all.AllowSimulatedSgxRoot(root.Der.Span));

    private static IReadOnlyList<(ReadOnlyMemory<byte> Der, SnpProduct? Product)> ReadFile(string path)
    {
        try
        {
            return RootCertificates.Read(path);
        }
        catch (MalformedInputException exception)
        {
            // What helps with collateral does not help here: a root is asked for.
            throw new MalformedInputException(
                exception.Input, exception.Problem, "--root takes 'production', or a file that holds root certificates only (PEM or DER).",
                exception);
        }
    }
}
