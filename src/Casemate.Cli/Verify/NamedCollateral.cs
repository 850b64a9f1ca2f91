using Casemate.Attestation;
using Casemate.Cli.Collateral;
using Casemate.Cli.Commands;
using Casemate.Collateral;
using Casemate.Collateral.Bundle;

namespace Casemate.Cli.Verify;

/// <summary>What <c>--collateral</c> names, told apart: files and directories, bundles, services.</summary>
internal sealed class NamedCollateral : IAsyncDisposable
{
    private readonly List<string> _files = [];
    private readonly List<INamedSource> _sources = [];

    /// <summary>Files and directories.</summary>
    public IReadOnlyList<string> Files => _files;

    /// <summary>Bundles and services, in the order named.</summary>
    public IReadOnlyList<INamedSource> Sources => _sources;

    /// <summary>Opens what is named. A bundle is known by its content, a service by its address.</summary>
    /// <param name="context">The command.</param>
    /// <param name="named">The values of <c>--collateral</c>.</param>
    /// <param name="bundles">Whose bundles are taken.</param>
    /// <param name="authorities">Certificate authorities for services; null: the system's.</param>
    /// <param name="roots">Accepted roots.</param>
    /// <param name="at">The instant of the verification.</param>
    /// <param name="cancellation">Stops requests.</param>
    public static async Task<NamedCollateral> OpenAsync(
        CommandContext context, IReadOnlyList<string> named, BundleOptions bundles, string? authorities, TrustRoots roots,
        DateTimeOffset at, CancellationToken cancellation)
    {
        var opened = new NamedCollateral();
        try
        {
            foreach (var value in named)
            {
                if (CollateralUpstreams.IsUrl(value))
                {
                    opened._sources.Add(ServiceSource.Open(value, authorities, roots, context.Invocation, cancellation));
                }
                else if (value.Length > 0 && CollateralBundle.IsBundleFile(value))
                {
                    var bundle = bundles.Read(context.Arguments, value);
                    opened._sources.Add(BundleSource.Open(bundle, roots, at, context.Console));
                }
                else if (value.Length > 0 && !File.Exists(value) && !Directory.Exists(value))
                {
                    throw new MalformedInputException(value, "no such file");  // now, and not when evidence has come from far away
                }
                else
                {
                    opened._files.Add(value);
                }
            }

            if (bundles.NamesKey(context.Arguments) && !opened._sources.Exists(source => source is BundleSource))
            {
                throw NoBundle(opened._files);
            }

            return opened;
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
    }

    // Who names a key expects that a signature was checked.
    private static CliException NoBundle(List<string> files) =>
        files.Count == 0 || NotABundle.Of(files[0]) is not { } other
            ? CliException.Usage(
                "--bundle-key without a bundle: nothing would be checked with it", "Name the bundle with --collateral FILE.")
            : CliException.BadInput($"--bundle-key: {files[0]} is no bundle of collateral but {other.What}", other.Remedy);

    public async ValueTask DisposeAsync()
    {
        foreach (var source in _sources)
        {
            await source.DisposeAsync();
        }
    }
}
