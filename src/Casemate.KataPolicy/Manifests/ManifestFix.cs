using System.Collections.Immutable;
using Casemate.Kubernetes;

namespace Casemate.KataPolicy.Manifests;

/// <summary>Changes of one document that belong together: all are made, or none.</summary>
/// <param name="Document">The document, counted as <see cref="ManifestDocument.TryReadAll"/> returns them.</param>
/// <param name="Edits">The changes.</param>
public sealed record ManifestFix(int Document, ImmutableArray<ManifestEdit> Edits);
