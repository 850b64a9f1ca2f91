namespace Casemate.Kubernetes;

/// <summary>One webhook.</summary>
public sealed record WebhookKind
{
    /// <summary>Its name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Where it is.</summary>
    public WebhookKindClient ClientConfig { get; init => field = value ?? new(); } = new();

    /// <summary>What it is asked about.</summary>
    public IReadOnlyList<WebhookKindRule> Rules { get; init => field = value ?? []; } = [];

    /// <summary><c>Fail</c> or <c>Ignore</c>, for when it does not answer.</summary>
    public string FailurePolicy { get; init => field = value ?? ""; } = "";

    /// <summary><c>Exact</c> or <c>Equivalent</c>.</summary>
    public string MatchPolicy { get; init => field = value ?? ""; } = "";

    /// <summary><c>None</c> or <c>NoneOnDryRun</c>.</summary>
    public string SideEffects { get; init => field = value ?? ""; } = "";

    /// <summary>How long it may take; null: 10.</summary>
    public int? TimeoutSeconds { get; init; }

    /// <summary><c>Never</c> or <c>IfNeeded</c>; of mutating ones.</summary>
    public string ReinvocationPolicy { get; init => field = value ?? ""; } = "";

    /// <summary>The versions it understands.</summary>
    public IReadOnlyList<string> AdmissionReviewVersions { get; init => field = value ?? []; } = [];

    /// <summary>Labels of the namespaces; null: all.</summary>
    public KindLabelSelector? NamespaceSelector { get; init; }

    /// <summary>Labels of the objects; null: all.</summary>
    public KindLabelSelector? ObjectSelector { get; init; }
}
