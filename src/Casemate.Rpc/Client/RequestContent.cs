using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using Casemate.Rpc.Wire;
using Google.Protobuf;

namespace Casemate.Rpc.Client;

/// <summary>The one message of a request, with its header, in a rented buffer that lives as long as it is being sent.</summary>
internal sealed class RequestContent : HttpContent
{
    private readonly IMessage _message;

    public RequestContent(IMessage message)
    {
        _message = message;
        Headers.ContentType = new MediaTypeHeaderValue(HeaderNames.ContentType);
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var length = _message.CalculateSize();
        var frame = ArrayPool<byte>.Shared.Rent(MessageFrame.HeaderSize + length);
        try
        {
            MessageFrame.WriteHeader(frame, length);
            _message.WriteTo(frame.AsSpan(MessageFrame.HeaderSize, length));
            await stream.WriteAsync(frame.AsMemory(0, MessageFrame.HeaderSize + length), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(frame);
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    // gRPC states the length before each message, not of the whole body.
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
