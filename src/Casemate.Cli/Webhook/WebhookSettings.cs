using Casemate.Cli.Serve;

namespace Casemate.Cli.Webhook;

/// <summary>The settings of <c>casemate webhook</c>: the one table that flags, environment variables, help and docs come from.</summary>
internal static class WebhookSettings
{
    public static readonly Setting EpcResource = new(
        "--epc-resource", "auto|azure|openenclave|alibaba|intel|NAME",
        "The one name that every request for EPC is written in; 'auto' takes the one that the nodes publish which a pod can be placed on.",
        "auto");

    public static readonly Setting EpcBackEnd = new(
        "--epc-backend", "resource|dra",
        "What a request for EPC becomes: a resource, or a claim of Dynamic Resource Allocation for nodes whose agent runs with --dra.",
        "resource");

    public static readonly Setting Aesm = new(
        "--aesm", "allocation|hostpath",
        "How a container that quotes gets AESM's socket: with its device from the node agent, or by a hostPath volume.", "allocation");

    public static readonly Setting ProvisionAllow = new(
        "--provision-allow", "*|NAMESPACE|NAMESPACE/ACCOUNT|none",
        "Who may have the provisioning device, which lets a container tell its machine; everybody unless given.", Many: true);

    public static readonly Setting Deny = new(
        "--deny", "FINDING", "Refuse pods with this finding instead of warning (the handbook's page 'diagnostics' lists them).", Many: true);

    public static readonly Setting AuditOnly = new(
        "--audit-only", null, "Decide, count and log, and neither change nor refuse anything.");

    public static readonly Setting Listen = new(
        "--listen", "ADDRESS:PORT", "Where the API server reaches the webhook. Port 0 takes any free one.", "0.0.0.0:8443");

    public static readonly Setting Http = new(
        "--http", "ADDRESS:PORT|PATH|off", "Where /healthz, /readyz and /metrics are: an address, or a Unix socket.", "127.0.0.1:9466");

    public static readonly Setting Kubernetes = new(
        "--kubernetes", "on|off", "Watch nodes and namespaces, and keep certificates in a Secret; 'off' needs --tls-cert.", "on");

    public static readonly Setting Kubeconfig = new(
        "--kubeconfig", "FILE", "What leads to the API server.", "KUBECONFIG, else the pod's service account, else ~/.kube/config");

    public static readonly Setting TlsSecret = new(
        "--tls-secret", "NAME|NAMESPACE/NAME", "The Secret with the certificates of all replicas, which they make and renew themselves.",
        "casemate-webhook-tls");

    public static readonly Setting Service = new(
        "--service", "NAME", "The Service through which the API server reaches the webhook, for its certificates.", "casemate-webhook");

    public static readonly Setting Configuration = new(
        "--configuration", "NAME", "The MutatingWebhookConfiguration and ValidatingWebhookConfiguration that get the authorities.",
        "casemate-webhook");

    /// <summary>How pods are completed and judged.</summary>
    public static readonly IReadOnlyList<Setting> Judgement = [EpcResource, EpcBackEnd, Aesm, ProvisionAllow, Deny];

    /// <summary>All of <c>casemate webhook</c>.</summary>
    public static IReadOnlyList<Setting> Serve =>
    [
        .. Judgement, AuditOnly, Listen, Http, Kubernetes, Kubeconfig, TlsSecret, Service, Configuration, ServeSettings.TlsCert,
        ServeSettings.TlsKey, ServeSettings.PlainHttp,
    ];
}
