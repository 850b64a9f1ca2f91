using Casemate.Attestation;
using Casemate.Cli.Commands;
using Casemate.Cli.Verify;
using Casemate.Collateral;

namespace Casemate.Cli.Serve;

/// <summary>Turns <c>--roots</c> and <c>--allow-simulated</c> into the roots that a service accepts.</summary>
internal static class AcceptedRoots
{
    /// <summary>Reads both settings.</summary>
    /// <exception cref="MalformedInputException">A file is unreadable or holds no root.</exception>
    /// <exception cref="CliException"><c>--roots</c> names a root that is not a pinned one (exit code 3).</exception>
    public static TrustRoots Read(CommandContext context)
    {
        var named = ServeSettings.Roots.Values(context);
        var roots = named.Count == 0 || named.Contains(RootOptions.Production) ? TrustRoots.Production : TrustRoots.None;
        foreach (var file in named.Where(value => value != RootOptions.Production))
        {
            roots = AddPinned(roots, file);
        }

        foreach (var file in ServeSettings.AllowSimulated.Values(context))
        {
            foreach (var (der, product) in RootCertificates.Read(file))
            {
                roots = product is { } line ? roots.AllowSimulatedArk(der.Span, line) : roots.AllowSimulatedSgxRoot(der.Span);
            }
        }

        return roots;
    }

    // A certificate that calls itself Intel's or AMD's is theirs only if it is, byte for byte, the one that ships with this program.
    private static TrustRoots AddPinned(TrustRoots roots, string file)
    {
        foreach (var (der, product) in RootCertificates.Read(file))
        {
            if (TrustRoots.Production.Find(der.Span) is null)
            {
                throw CliException.BadInput(
                    $"{file} holds a root that is not one of the pinned roots of Intel and AMD",
                    $"If it is a simulator's and this service is a test, name it with {ServeSettings.AllowSimulated.Flag}.");
            }

            roots = product is { } line ? roots.AllowSimulatedArk(der.Span, line) : roots.AllowSimulatedSgxRoot(der.Span);
        }

        return roots;
    }
}
