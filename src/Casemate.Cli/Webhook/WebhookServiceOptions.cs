using Casemate.Admission;
using Casemate.Kubernetes;
using Casemate.Serve;

namespace Casemate.Cli.Webhook;

/// <summary>What the webhook needs and how it behaves.</summary>
internal sealed record WebhookServiceOptions : HttpServiceOptions
{
    private const int UsualConnections = 1024;

    /// <summary>Where the API server reaches it, <c>HOST:PORT</c>.</summary>
    public required string Listen { get; init; }

    /// <summary>How pods are completed and judged.</summary>
    public required AdmissionSettings Settings { get; init; }

    /// <summary>The API server; null: nothing is known of the cluster.</summary>
    public KubeConfiguration? Cluster { get; init; }

    /// <summary>Where its own certificates are kept; null: the operator gives files.</summary>
    public CertificateKeeperOptions? Certificates { get; init; }

    /// <summary>Where health and metrics are; null: nowhere.</summary>
    public string? Health { get; init; }

    /// <inheritdoc/>
    public override int MaxConnections { get; init; } = UsualConnections;

    /// <inheritdoc/>
    public override IEnumerable<string> Problems()
    {
        if (ListenAddress.TryParse(Listen) is null)
        {
            yield return $"Listen is '{Listen}': write HOST:PORT with an address, localhost or *, such as 0.0.0.0:8443.";
        }

        if (!PlainHttp && TlsCertificatePath is null && (Certificates is null || Cluster is null))
        {
            yield return "Without a cluster there is no Secret for certificates: give TlsCertificatePath and TlsKeyPath, or a cluster.";
        }

        foreach (var problem in TlsProblems(Listen, "pods").Concat(LimitProblems(UsualConnections)).Concat(Settings.Problems()))
        {
            yield return problem;
        }
    }
}
