using System.Buffers;

namespace Casemate.Rpc;

/// <summary>
/// A message that writes its own protobuf bytes, piece by piece, so that a list of a hundred thousand entries needs neither an object
/// for each nor a buffer for all. Written once, by one call.
/// </summary>
public interface IRpcEncodedMessage
{
    /// <summary>Length of the whole message in bytes, known before the first piece.</summary>
    int Length { get; }

    /// <summary>
    /// Writes the next piece: at least one byte, and best some kilobytes at most. Called until <see cref="Length"/> bytes are there; the
    /// peer's reading sets the pace between pieces. Bytes beyond the length end the call with an error.
    /// </summary>
    /// <param name="output">Where the bytes go.</param>
    void WriteNext(IBufferWriter<byte> output);
}
