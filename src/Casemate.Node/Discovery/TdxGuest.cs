namespace Casemate.Node.Discovery;

/// <summary>An Intel trust domain.</summary>
/// <param name="Device">The node that makes TD reports: <c>/dev/tdx_guest</c>, or the earlier <c>/dev/tdx-guest</c>; null when it is
/// missing.</param>
public sealed record TdxGuest(DeviceNode? Device);
