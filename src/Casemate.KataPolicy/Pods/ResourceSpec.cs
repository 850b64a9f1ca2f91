using System.Collections.Immutable;

namespace Casemate.KataPolicy.Pods;

/// <summary>Limits, requests and claims of a container or a pod.</summary>
public sealed record ResourceSpec
{
    /// <summary>No limits, no requests, no claims.</summary>
    public static ResourceSpec None { get; } = new() { Path = "" };

    /// <summary>The place in the document; empty when the document has none.</summary>
    public required string Path { get; init; }

    /// <summary>Limits: names such as <c>cpu</c> and <c>nvidia.com/gpu</c>, quantities as written.</summary>
    public ImmutableArray<NamedValue> Limits { get; init; } = [];

    /// <summary>Requests: names and quantities as written.</summary>
    public ImmutableArray<NamedValue> Requests { get; init; } = [];

    /// <summary>Names of the pod's resource claims that are used, with the chosen request or an empty value.</summary>
    public ImmutableArray<NamedValue> Claims { get; init; } = [];
}
