using Casemate.Admission;
using Casemate.Cli.Commands;
using Casemate.Cli.Serve;

namespace Casemate.Cli.Webhook;

/// <summary><c>casemate webhook</c>: completes pods that ask for EPC, until it is told to stop.</summary>
internal sealed class WebhookCommand : ServiceCommand
{
    private static readonly OptionFlags s_flags = new(
    [
        .. ServeSettings.TlsFlags,
        (nameof(WebhookServiceOptions.Listen), WebhookSettings.Listen),
        (nameof(WebhookServiceOptions.Health), WebhookSettings.Http),
        (nameof(AdmissionSettings.ProvisionAllowed), WebhookSettings.ProvisionAllow),
    ]);

    public WebhookCommand()
        : base(
            "webhook", "Complete pods that ask for EPC, and explain mistakes in them: the admission webhook.", WebhookSettings.Serve,
            s_flags,
            new CommandExample("In a cluster", "casemate webhook"),
            new CommandExample("See what it would do, and change nothing", "casemate webhook --audit-only"),
            new CommandExample("What would be changed in a pod, and why", "casemate webhook explain -f pod.yaml"))
    {
        Add(new ExplainCommand());
    }

    protected override Task ServeAsync(ServiceRun run) =>
        run.UntilStoppedAsync(WebhookArguments.ReadService(run.Context), WebhookService.StartAsync);
}
