using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Cli.Serve;
using Casemate.Serve.Pccs;

namespace Casemate.Cli.Collateral;

/// <summary><c>casemate collateral serve</c>: the caching service of Intel's (PCCS) and AMD's (KDS) collateral, until it is told to
/// stop.</summary>
internal sealed class CollateralServeCommand : ServiceCommand
{
    private static readonly OptionFlags Flags = new(
    [
        .. ServeSettings.TlsFlags,
        (nameof(CollateralServerOptions.StoreDirectory), CollateralServeSettings.Store),
        (nameof(CollateralServerOptions.SocketPath), CollateralServeSettings.Socket),
        (nameof(CollateralServerOptions.RegisteredMachinesOnly), CollateralServeSettings.RegisteredOnly),
        (nameof(CollateralServerOptions.MaxNewMachinesPerSource), CollateralServeSettings.NewMachines),
        (nameof(CollateralServerOptions.UserTokenHash), CollateralServeSettings.UserTokenHash),
        (nameof(CollateralServerOptions.AdminTokenHash), CollateralServeSettings.AdminTokenHash),
        (nameof(CollateralServerOptions.Listen), CollateralServeSettings.Listen),
    ]);

    public CollateralServeCommand()
        : base(
            "serve", "Serve collateral as Intel's PCCS and AMD's KDS do, from a cache that keeps itself fresh.",
            CollateralServeSettings.All, Flags,
            new CommandExample(
                "For the nodes of a cluster",
                "casemate collateral serve --listen '*:8081' --host-name pccs.example --api-key-file api.key "
                + "--user-token-hash user.sha512"),
            new CommandExample(
                "Without network: an administrator brings collateral",
                "casemate collateral serve --mode offline --admin-token-hash admin.sha512"),
            new CommandExample(
                "On this machine, for the simulator's evidence",
                "casemate collateral serve --plain-http --source simulated --allow-simulated ~/.local/state/casemate/simulator-roots.pem"))
    {
    }

    protected override async Task ServeAsync(ServiceRun run)
    {
        var context = run.Context;
        using var upstreams = new CollateralUpstreams(
            context.Invocation, CollateralServeSettings.SourceCa.Given(context),
            CollateralServeSettings.SourceCert.Given(context), CollateralServeSettings.SourceKey.Given(context))
        {
            AzureRegion = CollateralServeSettings.AzureRegion.Given(context),
            Finding = text => context.Console.Warn(ErrorText.OneLine(text)),
        };
        var options = await new CollateralServeReading(context).ReadAsync(upstreams, run.Stopping);
        await run.UntilStoppedAsync(
            options, CollateralServer.StartAsync, (options.StoreDirectory, CollateralServeSettings.Store.Flag));
    }
}
