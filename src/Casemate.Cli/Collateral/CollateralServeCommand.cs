using System.Runtime.InteropServices;
using Casemate.Cli.Commands;
using Casemate.Cli.Serve;
using Casemate.Serve;
using Casemate.Serve.Pccs;
using Microsoft.Extensions.Logging;

namespace Casemate.Cli.Collateral;

/// <summary><c>casemate collateral serve</c>: the caching service of Intel's (PCCS) and AMD's (KDS) collateral, until it is told to
/// stop.</summary>
internal sealed class CollateralServeCommand : CliCommand
{
    private static readonly (string Option, string Flag)[] Names =
    [
        (nameof(CollateralServerOptions.TlsCertificatePath), ServeSettings.TlsCert.Flag),
        (nameof(CollateralServerOptions.TlsKeyPath), ServeSettings.TlsKey.Flag),
        (nameof(CollateralServerOptions.PlainHttp), ServeSettings.PlainHttp.Flag),
        (nameof(CollateralServerOptions.StoreDirectory), CollateralServeSettings.Store.Flag),
        (nameof(CollateralServerOptions.HostNames), ServeSettings.HostName.Flag),
        (nameof(CollateralServerOptions.SocketPath), CollateralServeSettings.Socket.Flag),
        (nameof(CollateralServerOptions.Listen), CollateralServeSettings.Listen.Flag),
    ];

    public CollateralServeCommand()
        : base(
            "serve", "Serve collateral as Intel's PCCS and AMD's KDS do, from a cache that keeps itself fresh.",
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
        foreach (var setting in CollateralServeSettings.All)
        {
            setting.AddTo(this);
        }
    }

    /// <summary>A signal ends the service in good order, with exit code 0: that is how services end.</summary>
    protected override bool HandlesSignals => true;

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var loggers = JsonLogging.Create(context);
        using var upstreams = new CollateralUpstreams(context.Invocation, CollateralServeSettings.SourceCa.Given(context));
        var options = await new CollateralServeReading(context).ReadAsync(upstreams, stopping.Token);
        await using var server = await StartAsync(options, loggers, context.Invocation.Time, stopping.Token);
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, context.Invocation.Time, stopping.Token);
        }
        catch (OperationCanceledException)
        {
            await server.StopAsync(CancellationToken.None);
        }

        return ExitCode.Success;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stopping.Cancel();
        }
    }

    private static async Task<CollateralServer> StartAsync(
        CollateralServerOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return await CollateralServer.StartAsync(options, loggers, time, cancellationToken);
        }
        catch (ServeStartException exception)
        {
            throw ServiceStart.InFlags(exception, Names);
        }
    }
}
