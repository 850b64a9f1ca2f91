using System.Collections.Immutable;
using Casemate.KataPolicy.Manifests;

namespace Casemate.KataPolicy.Generation;

/// <summary>A file of manifests with policies for its workloads.</summary>
/// <param name="File">The file as read.</param>
/// <param name="Workloads">Its workloads with their policies; without those for which none could be made.</param>
/// <param name="Content">The file with annotations written in; null when an error forbids it.</param>
public sealed record GeneratedFile(ManifestFile File, ImmutableArray<GeneratedWorkload> Workloads, byte[]? Content);
