namespace Casemate.Rego;

/// <summary>One module as text.</summary>
/// <param name="File">A name for messages: a path or any other text.</param>
/// <param name="Text">The module.</param>
public sealed record RegoSource(string File, string Text);
