using Casemate.Rego.Syntax;

namespace Casemate.Rego;

/// <summary>What a comment that begins with <c># METADATA</c> says of a rule or a package.</summary>
/// <param name="Scope">What it speaks of.</param>
/// <param name="Path">The path of the rule or package, such as <c>data.shop.allow</c>.</param>
/// <param name="Location">The line with <c># METADATA</c>.</param>
/// <param name="Document">Its members as <c>rego.metadata.rule()</c> gives them: <c>scope title description entrypoint organizations
/// related_resources authors schemas custom</c>, those that were written. Source: Open Policy Agent, annotations.</param>
public sealed record RegoAnnotation(RegoAnnotationScope Scope, string Path, RegoLocation Location, RegoObject Document)
{
    /// <summary>The title; null where there is none.</summary>
    public string? Title => (Document["title"] as RegoString)?.Value;

    /// <summary>The description; null where there is none.</summary>
    public string? Description => (Document["description"] as RegoString)?.Value;

    internal string[] Names { get; init; } = [];

    internal Rule? Rule { get; init; }
}
