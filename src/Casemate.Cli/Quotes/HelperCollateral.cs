using Casemate.Attestation;
using Casemate.Cli.Collateral;
using Casemate.Cli.Commands;
using Casemate.Cli.Serve;
using Casemate.Collateral;
using Casemate.Collateral.Bundle;
using Casemate.Collateral.Service;
using Casemate.Collateral.Store;

namespace Casemate.Cli.Quotes;

/// <summary>What <c>--collateral</c> of the quote helper names: files, a bundle, or a service that is asked when a piece is wanted.</summary>
internal sealed class HelperCollateral : IAsyncDisposable
{
    private readonly CollateralUpstreams? _upstreams;
    private readonly IAsyncDisposable? _opened;

    private HelperCollateral(ICollateralSource? source, CollateralUpstreams? upstreams = null) =>
        (Source, _upstreams, _opened) = (source, upstreams, source as IAsyncDisposable);

    /// <summary>Where collateral comes from; null: nothing was named.</summary>
    public ICollateralSource? Source { get; }

    /// <summary>Reads files, or makes ready to ask a service.</summary>
    /// <param name="context">The command.</param>
    /// <param name="roots">
    /// What a service's answers and a bundle's pieces must chain to; those of files are judged by whoever verifies with them.
    /// </param>
    /// <exception cref="CliException">The address may not be used or nothing says whose bundle is taken (exit code 2).</exception>
    /// <exception cref="MalformedInputException">A file cannot be read, or holds no collateral.</exception>
    public static HelperCollateral Open(CommandContext context, TrustRoots roots)
    {
        var time = context.Invocation.Time;
        var named = QuoteHelperSettings.Collateral.Given(context);
        var authorities = QuoteHelperSettings.CollateralCa.Given(context);
        if (authorities is not null && (named is null || !CollateralUpstreams.IsUrl(named)))
        {
            throw CliException.Usage(
                "--collateral-ca says who vouches for a service, and --collateral names none",
                "Name one, such as --collateral https://HOST:8081/.");
        }

        var key = QuoteHelperSettings.BundleKey.Given(context);
        var allowUnsigned = QuoteHelperSettings.AllowUnsignedBundle.IsOn(context);
        var isBundle = named is not null && !CollateralUpstreams.IsUrl(named) && CollateralBundle.IsBundleFile(named);
        if (!isBundle && (key is not null || allowUnsigned))
        {
            throw CliException.Usage(
                "--bundle-key and --allow-unsigned-bundle say whose bundle is taken, and --collateral names none",
                "Name one, such as --collateral fleet.tar.");
        }

        return named switch
        {
            null => new HelperCollateral(null),
            _ when CollateralUpstreams.IsUrl(named) => OpenService(context, named, authorities, roots),
            _ when isBundle => new HelperCollateral(
                BundleCollateralSource.Open(BundleOptions.Read(named, key, allowUnsigned), roots, time)),
            _ when Directory.Exists(named) => new HelperCollateral(DirectoryCollateralSource.Load(named, time)),
            _ => new HelperCollateral(new SetCollateralSource(CollateralReader.Read(named), time)),
        };
    }

    public async ValueTask DisposeAsync()
    {
        await (_opened?.DisposeAsync() ?? ValueTask.CompletedTask);
        _upstreams?.Dispose();
    }

    private static HelperCollateral OpenService(CommandContext context, string url, string? authorities, TrustRoots roots)
    {
        var upstreams = new CollateralUpstreams(context.Invocation, authorities)
        {
            AuthoritiesFlag = QuoteHelperSettings.CollateralCa.Flag,
        };
        try
        {
            upstreams.AddUrl(url);
        }
        catch
        {
            upstreams.Dispose();
            throw;
        }

        var service = new CollateralService(
            new CollateralServiceOptions(), new MemoryCollateralStore(), upstreams.All, roots, context.Invocation.Time);
        return new HelperCollateral(service, upstreams);
    }
}
