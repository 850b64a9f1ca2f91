using Google.Protobuf;

namespace Casemate.Rpc.Wire;

/// <summary>Tells what the protobuf library says of bytes that are no message.</summary>
internal static class MalformedMessage
{
    /// <summary>
    /// True for every exception by which the library refuses bytes. Mostly it is its own; a length beyond 2 GiB it answers with one of
    /// its inner parts, which must not pass for a fault of whoever was called.
    /// </summary>
    public static bool Is(Exception exception) =>
        exception is InvalidProtocolBufferException or IndexOutOfRangeException or ArgumentException or OverflowException;
}
