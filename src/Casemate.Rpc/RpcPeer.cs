namespace Casemate.Rpc;

/// <summary>The process at the other end of a connection when it connected, as the kernel says (SO_PEERCRED, unix(7)).</summary>
/// <param name="ProcessId">Process id; 0 when the peer lives in a process namespace that this process does not see.</param>
/// <param name="UserId">Effective user id, in this process's user namespace.</param>
/// <param name="GroupId">Effective group id.</param>
public readonly record struct RpcPeer(int ProcessId, uint UserId, uint GroupId);
