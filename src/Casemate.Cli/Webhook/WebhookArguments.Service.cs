using Casemate.Admission;
using Casemate.Cli.Commands;
using Casemate.Cli.Node;
using Casemate.Cli.Serve;

namespace Casemate.Cli.Webhook;

/// <content>Reads how it serves.</content>
internal static partial class WebhookArguments
{
    // An API server takes objects of at most 3 MiB, and sends one with what surrounds it.
    private const int LargestReview = 4 * 1024 * 1024;

    /// <summary>Everything that the webhook needs.</summary>
    /// <exception cref="CliException">A value makes no sense (exit code 2), or the cluster cannot be found (3).</exception>
    public static WebhookServiceOptions ReadService(CommandContext context)
    {
        var kubernetes = WebhookSettings.Kubernetes.Text(context);
        var cluster = kubernetes switch
        {
            "on" => NodeArguments.FindCluster(context),
            NodeArguments.Off => null,
            _ => throw CliException.Usage($"--kubernetes '{kubernetes}' is neither on nor off", "Write one of the two."),
        };
        return new WebhookServiceOptions
        {
            Listen = WebhookSettings.Listen.Text(context)!,
            Settings = ReadJudgement(context) with { AuditOnly = WebhookSettings.AuditOnly.IsOn(context) },
            Cluster = cluster,
            Certificates = cluster is null ? null : ReadCertificates(context, cluster.Namespace),
            Health = WebhookSettings.Http.Text(context) is { } http && http != NodeArguments.Off ? http : null,
            MaxRequestBodySize = LargestReview,
            PlainHttp = ServeSettings.PlainHttp.IsOn(context),
            TlsCertificatePath = ServeSettings.TlsCert.Given(context),
            TlsKeyPath = ServeSettings.TlsKey.Given(context),
        };
    }

    private static CertificateKeeperOptions ReadCertificates(CommandContext context, string ownNamespace)
    {
        var parts = WebhookSettings.TlsSecret.Text(context)!.Split('/');
        if (parts.Length > 2 || parts.Any(part => !IsName(part)))
        {
            throw CliException.Usage("--tls-secret names no Secret", "Write NAME, or NAMESPACE/NAME.");
        }

        return new CertificateKeeperOptions
        {
            Namespace = parts.Length == 2 ? parts[0] : ownNamespace,
            Secret = parts[^1],
            Service = Name(context, WebhookSettings.Service),
            Configuration = Name(context, WebhookSettings.Configuration),
        };
    }

    private static string Name(CommandContext context, Setting setting) => setting.Text(context) is { } name && IsName(name)
        ? name : throw CliException.Usage($"{setting.Flag} is no name of an object", "Write lower-case letters, digits and hyphens.");

    private static bool IsName(string text) => text.Length is > 0 and <= 63
        && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.');
}
