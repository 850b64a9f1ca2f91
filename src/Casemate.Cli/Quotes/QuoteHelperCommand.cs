using Casemate.Cli.Commands;
using Casemate.Cli.Serve;
using Casemate.Serve.Quoting;

namespace Casemate.Cli.Quotes;

/// <summary><c>casemate quote-helper</c>: the node's quote service, until it is told to stop.</summary>
internal sealed class QuoteHelperCommand : ServiceCommand
{
    private static readonly OptionFlags s_flags = new(
        ($"{nameof(QuoteHelperOptions.QgsPath)} or {nameof(QuoteHelperOptions.QgsVsockPort)}", QuoteHelperSettings.Qgs),
        (nameof(QuoteHelperOptions.Sockets), QuoteHelperSettings.Socket),
        (nameof(QuoteHelperOptions.Health), QuoteHelperSettings.Http))
    {
        IsBadInput = cause => cause is InvalidDataException,
    };

    public QuoteHelperCommand()
        : base(
            "quote-helper", "Make quotes for the enclaves and TDs of this node, in place of aesmd and QGS.",
            QuoteHelperSettings.All, s_flags,
            new CommandExample("On a node with SGX", "casemate quote-helper"),
            new CommandExample("Without hardware, for tests", "casemate quote-helper --provider simulated --socket /tmp/aesmd/aesm.socket"),
            new CommandExample("For TDs as well", "casemate quote-helper --qgs vsock:4050"),
            new CommandExample("Does it work?", "casemate quote-helper check"))
    {
        Add(new QuoteHelperCheckCommand());
    }

    protected override async Task ServeAsync(ServiceRun run)
    {
        await using var providers = await ProviderChoice.OpenAsync(run.Context, run.Loggers, run.Stopping);
        await using var collateral = HelperCollateral.Open(run.Context, providers.Roots);
        var options = QuoteHelperArguments.Read(run.Context, providers, collateral, run.Loggers);
        await run.UntilStoppedAsync(options, QuoteHelper.StartAsync, (options.AuditPath, QuoteHelperArguments.AuditPlace));
    }
}
