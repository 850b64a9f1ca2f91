namespace Casemate.Node.Discovery;

/// <summary>One line of a file of the misc cgroup controller.</summary>
/// <param name="Resource">The kernel's key: <c>sgx_epc</c> (bytes), <c>sev</c> and <c>sev_es</c> (ASIDs), <c>tdx</c> (key ids).</param>
/// <param name="Value">The amount; never negative.</param>
public sealed record MiscAmount(string Resource, long Value);
