namespace Casemate.Rpc.Wire;

/// <summary>What the header of a message says about it.</summary>
internal enum FrameResult
{
    /// <summary>The header is not there yet.</summary>
    Incomplete = 0,

    /// <summary>The header is there, and the message may come.</summary>
    Complete,

    /// <summary>The message is longer than the limit.</summary>
    TooLarge,

    /// <summary>The message is compressed, which is not supported.</summary>
    Compressed,

    /// <summary>The flag is neither 0 nor 1, so these bytes are not gRPC.</summary>
    BadFlag,
}
