using System.Collections.Immutable;
using Casemate.Kubernetes;

namespace Casemate.Admission;

/// <summary>Something in a file that its author should know.</summary>
/// <param name="Rule">Which rule: a member of <see cref="AdmissionFindingId"/> or of <see cref="GuideRule"/>.</param>
/// <param name="Severity">How much it weighs.</param>
/// <param name="Message">What is wrong: one sentence.</param>
/// <param name="Remedy">What to write instead; may be empty.</param>
public sealed record LintFinding(string Rule, LintSeverity Severity, string Message, string Remedy)
{
    /// <summary>The document that it is about, counted from 0; of no meaning where <see cref="Offset"/> is set.</summary>
    public int Document { get; init; }

    /// <summary>The place in the document; empty for the whole of it.</summary>
    public string Path { get; init; } = "";

    /// <summary>The place in the text, in UTF-16 units; null for a place in a document.</summary>
    public int? Offset { get; init; }

    /// <summary>The changes that mend it, all or none; empty when a person has to decide.</summary>
    public ImmutableArray<ManifestEdit> Edits { get; init; } = [];

    /// <summary>What stands at <see cref="Offset"/> now and is replaced by <see cref="Replacement"/>; empty: nothing is replaced.</summary>
    public string Replaced { get; init; } = "";

    /// <summary>What stands there once it is mended.</summary>
    public string Replacement { get; init; } = "";

    /// <summary>Why nothing can be mended without a person; empty where nothing needs to be said.</summary>
    public string NotMended { get; init; } = "";

    /// <summary>True when it can be mended mechanically.</summary>
    public bool IsFixable => !Edits.IsEmpty || Replaced.Length > 0;
}
