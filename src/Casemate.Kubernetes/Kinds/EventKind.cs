namespace Casemate.Kubernetes;

/// <summary>An Event. Source: events/v1.</summary>
public sealed record EventKind
{
    /// <summary>Name and labels.</summary>
    public KindMetadata Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>When it happened first, as written.</summary>
    public string? EventTime { get; init; }

    /// <summary>Which kind, one word.</summary>
    public string Reason { get; init => field = value ?? ""; } = "";

    /// <summary>What was being done.</summary>
    public string Action { get; init => field = value ?? ""; } = "";

    /// <summary>A sentence.</summary>
    public string Note { get; init => field = value ?? ""; } = "";

    /// <summary><c>Normal</c> or <c>Warning</c>.</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary>Which program reports.</summary>
    public string ReportingController { get; init => field = value ?? ""; } = "";

    /// <summary>About which object.</summary>
    public EventKindRegarding Regarding { get; init => field = value ?? new(); } = new();

    /// <summary>Repetitions; null when it happened once.</summary>
    public EventKindSeries? Series { get; init; }

    /// <summary>Reads one; what is not named here stays in <paramref name="value"/>.</summary>
    /// <exception cref="KubeException">A field has another type than it should.</exception>
    public static EventKind Read(KubeObject value) => KindReader.Read(value, KindsJson.Default.EventKind);
}
