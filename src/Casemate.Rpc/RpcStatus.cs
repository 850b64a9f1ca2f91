namespace Casemate.Rpc;

/// <summary>
/// How a call ended, as <c>grpc-status</c> says it. The numbers are those of the gRPC specification; there are no others.
/// </summary>
public enum RpcStatus
{
    /// <summary>The call succeeded.</summary>
    Ok = 0,

    /// <summary>The call was cancelled, usually by the caller.</summary>
    Cancelled = 1,

    /// <summary>An error that says no more, or an answer that is not gRPC.</summary>
    Unknown = 2,

    /// <summary>The request can never succeed, whatever the state of the server.</summary>
    InvalidArgument = 3,

    /// <summary>The time of the call was over before its answer was there. The work may have been done nevertheless.</summary>
    DeadlineExceeded = 4,

    /// <summary>What the request names does not exist.</summary>
    NotFound = 5,

    /// <summary>What the request wants to create exists.</summary>
    AlreadyExists = 6,

    /// <summary>The caller is known and may not do this.</summary>
    PermissionDenied = 7,

    /// <summary>A limit was reached: a quota, memory, or the size of a message.</summary>
    ResourceExhausted = 8,

    /// <summary>The system is not in the state that the request needs; the same request fails until somebody changes that.</summary>
    FailedPrecondition = 9,

    /// <summary>The work was given up because of another that went on at the same time; repeat it from the start.</summary>
    Aborted = 10,

    /// <summary>A position or number beyond what there is now.</summary>
    OutOfRange = 11,

    /// <summary>The server does not know the method, or does not support what the request uses.</summary>
    Unimplemented = 12,

    /// <summary>Something is broken: the server's own fault, or bytes that do not follow the protocol.</summary>
    Internal = 13,

    /// <summary>The server cannot be reached or is stopping; the call can be repeated.</summary>
    Unavailable = 14,

    /// <summary>Data are lost or damaged for good.</summary>
    DataLoss = 15,

    /// <summary>The caller did not prove who it is.</summary>
    Unauthenticated = 16,
}
