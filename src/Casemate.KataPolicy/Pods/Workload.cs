using System.Collections.Immutable;

namespace Casemate.KataPolicy.Pods;

/// <summary>A document that makes pods (a Pod itself, or a kind with a pod template), as the derivation of a policy needs it.</summary>
public sealed record Workload
{
    /// <summary>The place of the object in its document: empty, or <c>items[2]</c> inside a List.</summary>
    public required string Path { get; init; }

    /// <summary>Which document of its file it is in, from 0.</summary>
    public int Document { get; init; }

    /// <summary>Where it starts in its file; null when it was not read from one.</summary>
    public SourceLocation? Location { get; init; }

    /// <summary>The API version as written, such as <c>apps/v1</c>.</summary>
    public required string ApiVersion { get; init; }

    /// <summary>The kind, such as <c>Deployment</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The object's <c>metadata.name</c>; null when only <see cref="GenerateName"/> is given.</summary>
    public string? Name { get; init; }

    /// <summary>The object's <c>metadata.generateName</c>, or null.</summary>
    public string? GenerateName { get; init; }

    /// <summary>The namespace the document names; null when it names none and <c>kubectl apply -n</c> decides.</summary>
    public string? Namespace { get; init; }

    /// <summary>A regular expression, anchored on both sides, of the names that the pods of this workload get.</summary>
    public required string PodNamePattern { get; init; }

    /// <summary>True when every pod has the same, known name: a Pod with <c>metadata.name</c>.</summary>
    public bool HasFixedPodName => Kind is "Pod" && Name is not null;

    /// <summary>The pod's (or the pod template's) annotations in the order of writing, without policy and initdata annotations.</summary>
    public ImmutableArray<NamedValue> Annotations { get; init; } = [];

    /// <summary>
    /// The pod's (or the pod template's) annotations as the cluster will count them, those of policies left out, in bytes.
    /// </summary>
    public int AnnotationBytes { get; init; }

    /// <summary>The pod's (or the pod template's) labels in the order of writing.</summary>
    public ImmutableArray<NamedValue> Labels { get; init; } = [];

    /// <summary>
    /// True when the pods get labels from their controller that the template does not hold (<c>pod-template-hash</c> and its like), so
    /// that an unknown label's value cannot be told from the document.
    /// </summary>
    public bool HasControllerLabels => Kind is not "Pod";

    /// <summary>The pod's policy and initdata annotations from before, which a new policy replaces.</summary>
    public ImmutableArray<NamedValue> PolicyAnnotations { get; init; } = [];

    /// <summary>The place of the pod's (or the pod template's) metadata, such as <c>spec.template.metadata</c>; it need not exist.</summary>
    public required string PodMetadataPath { get; init; }

    /// <summary>The pod.</summary>
    public required PodSpec Pod { get; init; }
}
