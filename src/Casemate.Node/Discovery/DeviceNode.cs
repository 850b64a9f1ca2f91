namespace Casemate.Node.Discovery;

/// <summary>A character device that a path led to.</summary>
/// <param name="Path">The path that was asked for, such as <c>/dev/sgx/enclave</c>.</param>
/// <param name="RealPath">The path without links, such as <c>/dev/sgx_enclave</c>: what containers are given as host path.</param>
/// <param name="Major">The device's major number.</param>
/// <param name="Minor">The device's minor number.</param>
/// <param name="Mode">Permission bits, the lower 12 of st_mode.</param>
/// <param name="Gid">The group that owns it on the host; not 0 for <c>sgx_prv</c>, which a container then needs as supplemental
/// group.</param>
public sealed record DeviceNode(string Path, string RealPath, uint Major, uint Minor, int Mode, uint Gid);
