namespace Casemate.Rpc.Client;

/// <summary>
/// Memory for the message being read. The last one is used again, and yet is the garbage collector's to take: a pool would keep the largest
/// message of a day for the days after it, and without any a daemon that asks the same question every few seconds would leave a trail.
/// </summary>
internal sealed class MessageBuffer
{
    private WeakReference<byte[]>? _last;

    /// <summary>That of all clients of this process: a client that asks rarely is made for each question.</summary>
    public static MessageBuffer Shared { get; } = new();

    /// <summary>A buffer of at least so many bytes, nobody else's until it is given back. What it held is still in it.</summary>
    public byte[] Take(int length) =>
        Interlocked.Exchange(ref _last, null) is { } last && last.TryGetTarget(out var buffer) && buffer.Length >= length
            ? buffer
            : GC.AllocateUninitializedArray<byte>(length);

    /// <summary>Gives one back that nobody reads any more.</summary>
    public void GiveBack(byte[] buffer) => Volatile.Write(ref _last, new WeakReference<byte[]>(buffer));
}
