namespace Casemate.Node.Discovery;

/// <summary>A guest under AMD SEV-SNP.</summary>
/// <param name="Device">The node that makes reports, <c>/dev/sev-guest</c>; null when only configfs-tsm is there.</param>
public sealed record SnpGuest(DeviceNode? Device);
