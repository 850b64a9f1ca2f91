namespace Casemate.Addon;

/// <summary>One file of manifests.</summary>
/// <param name="Path">Its place in a tree of manifests, with '/': <c>bases/node/10-rbac.yaml</c>.</param>
/// <param name="Text">YAML: documents with <c>---</c> between them, LF, with a line end at the end.</param>
public sealed record ManifestFile(string Path, string Text);
