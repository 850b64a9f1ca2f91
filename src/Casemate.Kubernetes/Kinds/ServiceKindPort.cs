using System.Text.Json;

namespace Casemate.Kubernetes;

/// <summary>A port of a Service.</summary>
public sealed record ServiceKindPort
{
    /// <summary>Its name; empty for an only one.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary><c>TCP</c>, <c>UDP</c> or <c>SCTP</c>.</summary>
    public string Protocol { get; init => field = value ?? ""; } = "";

    /// <summary>The number.</summary>
    public int Port { get; init; }

    /// <summary>The number or name in the pods; null: the same.</summary>
    public JsonElement? TargetPort { get; init; }
}
