using System.Collections.Immutable;

namespace Casemate.KataPolicy.Pods;

/// <summary>A command that the kubelet runs in a container: a probe's or a life-cycle hook's.</summary>
/// <param name="Path">The place of the <c>exec</c> in the document.</param>
/// <param name="Origin"><c>livenessProbe</c>, <c>readinessProbe</c>, <c>startupProbe</c>, <c>postStart</c> or <c>preStop</c>.</param>
/// <param name="Command">The command and its arguments; no shell is involved.</param>
public sealed record ExecCommand(string Path, string Origin, ImmutableArray<string> Command);
