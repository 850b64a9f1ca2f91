using Casemate.Kubernetes;

namespace Casemate.Admission;

/// <summary>An amount of EPC as a container states it.</summary>
/// <param name="Family">The name.</param>
/// <param name="InLimits">True in <c>limits</c>, false in <c>requests</c>.</param>
/// <param name="Text">The amount as it is written.</param>
/// <param name="Quantity">How many units.</param>
/// <param name="Bytes">How many bytes.</param>
internal sealed record StatedAmount(ResourceFamily Family, bool InLimits, string Text, long Quantity, long Bytes);
