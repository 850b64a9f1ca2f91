using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Casemate.Rpc.Wire;

namespace Casemate.Rpc.Client;

/// <summary>Turns what went wrong below gRPC into a status, as the gRPC specification maps it.</summary>
internal static class ClientFailure
{
    /// <summary>
    /// The status in headers or trailers; null when there is none. One that cannot be read is <see cref="RpcStatus.Unknown"/>.
    /// </summary>
    public static (RpcStatus Status, string Detail)? StatusOf(HttpHeaders fields)
    {
        if (!fields.NonValidated.TryGetValues(HeaderNames.Status, out var values))
        {
            return null;
        }

        var detail = fields.NonValidated.TryGetValues(HeaderNames.Message, out var text) ? StatusText.Decode(text.ToString()) : "";
        return int.TryParse(values.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number <= (int)RpcStatus.Unauthenticated
                ? ((RpcStatus)number, detail)
                : (RpcStatus.Unknown, $"The server sent the status '{values}', which gRPC does not know. {detail}".TrimEnd());
    }

    /// <summary>What an HTTP status that is not 200 stands for.</summary>
    public static RpcException OfHttp(HttpStatusCode code) => new(
        code switch
        {
            HttpStatusCode.BadRequest => RpcStatus.Internal,
            HttpStatusCode.Unauthorized => RpcStatus.Unauthenticated,
            HttpStatusCode.Forbidden => RpcStatus.PermissionDenied,
            HttpStatusCode.NotFound => RpcStatus.Unimplemented,
            HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable
                or HttpStatusCode.GatewayTimeout => RpcStatus.Unavailable,
            _ => RpcStatus.Unknown,
        },
        $"The server answered with HTTP status {(int)code} and no gRPC status.");

    /// <summary>What a failure of the connection or of the stream stands for.</summary>
    public static RpcException OfTransport(Exception failure, string socketPath)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is HttpProtocolException protocol)
            {
                return new RpcException(OfHttp2(protocol.ErrorCode), $"{socketPath} broke the call off: {Text(protocol)}.", failure);
            }
        }

        return new RpcException(RpcStatus.Unavailable, $"{socketPath} cannot be reached: {Text(failure)}.", failure);
    }

    // Error codes: RFC 9113, section 7. Their meaning for a call: gRPC over HTTP/2, Errors and GOAWAY Frame.
    //
    // NO_ERROR: the server said in GOAWAY that it stops, without an error, and closed the connection under the call. For NO_ERROR in
    // RST_STREAM the specification has INTERNAL, and says that servers shed calls that way. HttpProtocolException does not tell which of
    // the two frames the code came in, so the common case decides; either way the server is well and does not take this call.
    private static RpcStatus OfHttp2(long code) => code switch
    {
        0 => RpcStatus.Unavailable,                                        // NO_ERROR
        7 => RpcStatus.Unavailable,                                        // REFUSED_STREAM
        8 => RpcStatus.Cancelled,                                          // CANCEL
        11 => RpcStatus.ResourceExhausted,                                 // ENHANCE_YOUR_CALM
        12 => RpcStatus.PermissionDenied,                                  // INADEQUATE_SECURITY
        _ => RpcStatus.Internal,
    };

    // An object of the runtime that is no more is the connection.
    private static string Text(Exception failure) => failure.GetBaseException() switch
    {
        ObjectDisposedException => "the connection was closed",
        var cause => cause.Message.TrimEnd('.'),
    };
}
