namespace Casemate.KataPolicy.Pods;

/// <summary>One thing that was noticed while a policy was made, with its place and what to do about it.</summary>
public sealed record PolicyFinding
{
    /// <summary>How much it weighs.</summary>
    public required FindingSeverity Severity { get; init; }

    /// <summary>
    /// The place inside the workload's document, as <c>spec.template.spec.containers[0].env[2]</c>; empty for the whole document.
    /// Any record's <c>Path</c> may stand here, also with further members appended: the nearest place that exists is shown.
    /// </summary>
    public required string Path { get; init; }

    /// <summary>What is wrong, as a sentence without its place and without a full stop at the end.</summary>
    public required string Message { get; init; }

    /// <summary>What to write or run instead; empty when there is nothing to do.</summary>
    public required string Remedy { get; init; }

    /// <summary>The place in the file. Filled in by the reader of the manifests; a derivation leaves it null.</summary>
    public SourceLocation? Location { get; init; }

    /// <summary>An error at a path.</summary>
    public static PolicyFinding Error(string path, string message, string remedy) =>
        new() { Severity = FindingSeverity.Error, Path = path, Message = message, Remedy = remedy };

    /// <summary>A warning at a path.</summary>
    public static PolicyFinding Warning(string path, string message, string remedy) =>
        new() { Severity = FindingSeverity.Warning, Path = path, Message = message, Remedy = remedy };

    /// <summary>A note at a path.</summary>
    public static PolicyFinding Note(string path, string message, string remedy = "") =>
        new() { Severity = FindingSeverity.Note, Path = path, Message = message, Remedy = remedy };
}
