using System.Buffers;
using System.IO.Pipelines;
using Casemate.Rpc.Wire;
using Google.Protobuf;
using Microsoft.AspNetCore.Http.Features;

namespace Casemate.Rpc.Server;

/// <summary>The bytes of one call: its request in, its answers and its status out.</summary>
internal sealed class RpcCall
{
    private readonly RpcServerOptions _options;
    private readonly PipeReader _reader;
    private readonly IHttpResponseBodyFeature _body;
    private readonly IHttpResponseFeature _response;
    private readonly IFeatureCollection _features;
    private readonly CancellationTokenSource _over;
    private bool _hasBody;

    /// <summary>Makes a call.</summary>
    /// <param name="options">The limits.</param>
    /// <param name="features">What Kestrel has of it.</param>
    /// <param name="context">What its handler sees of it.</param>
    /// <param name="over">The source of the context's token.</param>
    public RpcCall(RpcServerOptions options, IFeatureCollection features, RpcContext context, CancellationTokenSource over)
    {
        _options = options;
        _features = features;
        _over = over;
        _reader = features.GetRequiredFeature<IRequestBodyPipeFeature>().Reader;
        _body = features.GetRequiredFeature<IHttpResponseBodyFeature>();
        _response = features.GetRequiredFeature<IHttpResponseFeature>();
        Context = context;
    }

    public RpcContext Context { get; }

    /// <summary>True when bytes of a message are under way that its length does not fit: no status can repair that.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>True when an answer found nobody to take it.</summary>
    public bool IsAbandoned { get; private set; }

    /// <summary>Reads the one message of the request. Flag and length are judged before the body is waited for.</summary>
    /// <exception cref="RpcException">The bytes are not one message within the limits, or came too slowly.</exception>
    public ValueTask<T> ReadRequestAsync<T>(MessageParser<T> parser)
        where T : IMessage<T>
    {
        if (!_reader.TryRead(out var result))
        {
            return WaitForRequestAsync(parser);
        }

        if (TryReadMessage(result.Buffer, parser, out var message))        // most requests are there with their headers
        {
            _reader.AdvanceTo(result.Buffer.End);
            return ValueTask.FromResult(message);
        }

        RequireMore(result);
        return WaitForRequestAsync(parser);
    }

    /// <summary>Puts a message into the buffer of the answer.</summary>
    public void WriteMessage(IMessage message)
    {
        var length = message.CalculateSize();
        WriteHeader(length);
        message.WriteTo(_body.Writer.GetSpan(length)[..length]);
        _body.Writer.Advance(length);
    }

    /// <summary>Sends what is in the buffer.</summary>
    public ValueTask FlushAsync() => FlushAsync(Context.CancellationToken);

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        // Kestrel resets the call when the token fires, and returns as if all were sent.
        var result = await _body.Writer.FlushAsync(cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (!result.IsCompleted && !result.IsCanceled)
        {
            return;
        }

        // Kestrel ends the writes of a call whose peer is gone first and cancels its token later, from another thread. A handler that
        // sees its answer fail should find its token cancelled, whichever comes first.
        if (!Context.CancellationToken.IsCancellationRequested)
        {
            IsAbandoned = true;
            await _over.CancelAsync().ConfigureAwait(false);
        }

        throw new OperationCanceledException(Context.CancellationToken);
    }

    /// <summary>Sends a message that writes itself, at the pace at which the peer reads. Given up, the call is broken off.</summary>
    public async ValueTask WriteEncodedAsync(IRpcEncodedMessage message, CancellationToken cancellationToken)
    {
        const int flushAt = 32 * 1024;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(Context.CancellationToken, cancellationToken);
        var length = message.Length;
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        WriteHeader(length);
        IsBroken = true;                                                   // until the last byte is there
        var output = new CountedWriter(_body.Writer);
        while (output.Count < length)
        {
            var before = output.Count;
            message.WriteNext(output);
            if (output.Count == before || output.Count > length)
            {
                throw new InvalidOperationException(
                    output.Count == before
                        ? $"A message of {length} bytes wrote nothing after {before} bytes."
                        : $"A message of {length} bytes wrote {output.Count} bytes.");
            }

            if (output.Count - output.Flushed >= flushAt)
            {
                output.Flushed = output.Count;
                await FlushAsync(either.Token).ConfigureAwait(false);
            }
        }

        IsBroken = false;
        await FlushAsync(either.Token).ConfigureAwait(false);
    }

    /// <summary>Ends the call with a status: in the trailers, or in the headers when there is nothing before it.</summary>
    public void Finish(RpcStatus status, string detail)
    {
        if (IsBroken)
        {
            Reset();
            return;
        }

        var fields = _hasBody || _response.HasStarted
            ? _features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers
            : _response.Headers;
        fields[HeaderNames.Status] = ((int)status).ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (detail.Length > 0)
        {
            fields[HeaderNames.Message] = StatusText.Encode(detail);
        }
    }

    /// <summary>Ends the call without a status.</summary>
    public void Reset() => _features.GetRequiredFeature<IHttpResetFeature>().Reset(2);     // INTERNAL_ERROR, RFC 9113, section 7

    private async ValueTask<T> WaitForRequestAsync<T>(MessageParser<T> parser)
        where T : IMessage<T>
    {
        using var patience = new CancellationTokenSource(_options.RequestTimeout, _options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, Context.CancellationToken);
        try
        {
            while (true)
            {
                var result = await _reader.ReadAsync(either.Token).ConfigureAwait(false);
                if (TryReadMessage(result.Buffer, parser, out var message))
                {
                    _reader.AdvanceTo(result.Buffer.End);
                    return message;
                }

                RequireMore(result);
            }
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !Context.CancellationToken.IsCancellationRequested)
        {
            throw new RpcException(
                RpcStatus.DeadlineExceeded, $"The request did not come within {_options.RequestTimeout.TotalSeconds:0.###} s.");
        }
    }

    private void RequireMore(ReadResult result)
    {
        if (result.IsCompleted)
        {
            throw new RpcException(
                RpcStatus.Internal, result.Buffer.IsEmpty ? "The request has no message." : "The request ends within its message.");
        }

        _reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
    }

    private void WriteHeader(int length)
    {
        MessageFrame.WriteHeader(_body.Writer.GetSpan(MessageFrame.HeaderSize), length);
        _body.Writer.Advance(MessageFrame.HeaderSize);
        _hasBody = true;
    }

    private bool TryReadMessage<T>(ReadOnlySequence<byte> buffer, MessageParser<T> parser, out T message)
        where T : IMessage<T>
    {
        message = default!;
        switch (MessageFrame.TryReadHeader(buffer, _options.MaxRequestBytes, out var length))
        {
            case FrameResult.Incomplete:
                return false;
            case FrameResult.Complete:
                break;
            case FrameResult.TooLarge:
                throw new RpcException(
                    RpcStatus.ResourceExhausted, $"The request has {length} bytes; at most {_options.MaxRequestBytes} are taken.");
            case FrameResult.Compressed:
                _response.Headers[HeaderNames.AcceptEncoding] = HeaderNames.Identity;
                throw new RpcException(RpcStatus.Unimplemented, "The request is compressed, which is not supported.");
            case FrameResult.BadFlag:
            default:
                throw new RpcException(RpcStatus.Internal, "The request does not start with the header of a message.");
        }

        var end = MessageFrame.HeaderSize + (long)length;
        if (buffer.Length < end)
        {
            return false;
        }

        if (buffer.Length > end)
        {
            throw new RpcException(RpcStatus.Internal, "The request has more than one message.");
        }

        try
        {
            message = parser.ParseFrom(buffer.Slice(MessageFrame.HeaderSize));
            return true;
        }
        catch (Exception e) when (MalformedMessage.Is(e))
        {
            throw new RpcException(RpcStatus.Internal, "The message of the request is malformed.", e);
        }
    }
}
