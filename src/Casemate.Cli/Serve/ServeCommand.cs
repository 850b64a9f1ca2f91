using Casemate.Attestation;
using Casemate.Broker;
using Casemate.Cli.Commands;
using Casemate.Cli.Run;
using Casemate.Collateral;
using Casemate.Serve;

namespace Casemate.Cli.Serve;

/// <summary><c>casemate serve</c>: the key broker as a service, until it is told to stop.</summary>
internal sealed class ServeCommand : ServiceCommand
{
    /// <summary>What the options of the service are called here.</summary>
    public static readonly OptionFlags Flags = new(
    [
        .. ServeSettings.TlsFlags,
        (nameof(ServeOptions.StateDirectory), ServeSettings.Store),
        (nameof(ServeOptions.Listen), ServeSettings.Listen),
    ]);

    public ServeCommand()
        : base(
            "serve", "Serve the key broker: verify evidence, issue tokens, hand out secrets.", ServeSettings.All, Flags,
            new CommandExample(
                "For workloads that a policy names", "casemate serve --policy policy.yaml --collateral collateral/ --listen 0.0.0.0:8443"),
            new CommandExample(
                "On this machine, with what casemate run --pin app.yaml --evidence-out ev.json left",
                "casemate serve --plain-http --policy app.yaml --collateral ev.json --allow-simulated simulator-roots.pem"),
            new CommandExample("Store a secret for it", "casemate secret set database --from-file password"))
    {
    }

    protected override Task ServeAsync(ServiceRun run) => run.UntilStoppedAsync(
        Describe(run.Context), CasemateServer.StartAsync, (ServiceStore.DirectoryOf(run.Context), ServeSettings.Store.Flag));

    private static ServeOptions Describe(CommandContext context) => ServeSettings.WithTls(
        new ServeOptions
        {
            Listen = ServeSettings.Listen.Text(context)!,
            StateDirectory = ServiceStore.DirectoryOf(context),
            Roots = AcceptedRoots.Read(context),
            Collateral = CollateralOf(context),
            Policy = ServeSettings.Policy.Given(context) is { } file ? SimulatorOptions.LoadPolicy(file) : AppraisalPolicy.Default,
            AcceptSampleEvidence = ServeSettings.AcceptSampleEvidence.IsOn(context),
            KbsCompatibleStatusCodes = ServeSettings.KbsCompatibleStatusCodes.IsOn(context),
        },
        context);

    private static ICollateralSource CollateralOf(CommandContext context)
    {
        var time = context.Invocation.Time;
        return ServeSettings.Collateral.Given(context) switch
        {
            null => new SetCollateralSource(CollateralSet.Empty, time),
            var directory when Directory.Exists(directory) => DirectoryCollateralSource.Load(directory, time),
            var file => new SetCollateralSource(CollateralReader.Read(file), time),
        };
    }
}
