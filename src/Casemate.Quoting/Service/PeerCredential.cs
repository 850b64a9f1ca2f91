namespace Casemate.Quoting.Service;

/// <summary>Who connected to a Unix socket, as the kernel says (SO_PEERCRED, unix(7)): the state when the peer connected.</summary>
/// <param name="ProcessId">Process id; 0 when the peer lives in a process namespace that this process does not see.</param>
/// <param name="UserId">Effective user id, in this process's user namespace.</param>
/// <param name="GroupId">Effective group id.</param>
public readonly record struct PeerCredential(int ProcessId, uint UserId, uint GroupId);
