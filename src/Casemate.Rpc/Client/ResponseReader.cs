using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Casemate.Rpc.Wire;

namespace Casemate.Rpc.Client;

/// <summary>Reads the messages of an answer, and the status at its end.</summary>
internal sealed class ResponseReader<T>(HttpResponseMessage response, Stream body, Func<ReadOnlySpan<byte>, T> parse, int maximum)
    where T : class
{
    private readonly byte[] _header = new byte[MessageFrame.HeaderSize];

    /// <summary>The next message; null at the end of the body. The length is judged before there is a buffer.</summary>
    /// <exception cref="RpcException">The bytes are not a message within the limit.</exception>
    [SuppressMessage("Reliability", "CA2022", Justification = "The read is exact, or its result is looked at.")]
    public async ValueTask<T?> ReadAsync(CancellationToken cancellationToken)
    {
        var read = await body.ReadAtLeastAsync(
            _header, MessageFrame.HeaderSize, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (read == 0)
        {
            return null;
        }

        var length = (int)LengthOf(read);
        var buffer = MessageBuffer.Shared.Take(length);
        try
        {
            var there = await body.ReadAtLeastAsync(
                buffer.AsMemory(0, length), length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            return there == length ? Parse(buffer, length) : throw CutOff();
        }
        finally
        {
            MessageBuffer.Shared.GiveBack(buffer);
        }
    }

    /// <summary>Returns if the call succeeded; only once the body has ended.</summary>
    /// <exception cref="RpcException">It did not, or the server did not say.</exception>
    public void RequireSuccess()
    {
        var (status, detail) = ClientFailure.StatusOf(response.TrailingHeaders) ?? ClientFailure.StatusOf(response.Headers)
            ?? throw new RpcException(RpcStatus.Internal, "The answer ended without a status.");
        if (status is not RpcStatus.Ok)
        {
            throw new RpcException(status, detail);
        }
    }

    private T Parse(byte[] buffer, int length)
    {
        try
        {
            return parse(buffer.AsSpan(0, length));
        }
        catch (Exception e) when (MalformedMessage.Is(e))
        {
            throw new RpcException(RpcStatus.Internal, "A message of the answer is malformed.", e);
        }
    }

    private uint LengthOf(int read)
    {
        var result = MessageFrame.TryReadHeader(new ReadOnlySequence<byte>(_header, 0, read), maximum, out var length);
        return result switch
        {
            FrameResult.Complete => length,
            FrameResult.Incomplete => throw CutOff(),
            FrameResult.TooLarge => throw new RpcException(
                RpcStatus.ResourceExhausted, $"A message of the answer has {length} bytes; at most {maximum} are taken."),
            FrameResult.Compressed => throw new RpcException(
                RpcStatus.Internal, "A message of the answer is compressed, which was not offered."),
            _ => throw new RpcException(RpcStatus.Internal, "The answer does not consist of messages."),
        };
    }

    // A status explains more than the missing bytes, if the server got as far as sending one.
    private RpcException CutOff() =>
        ClientFailure.StatusOf(response.TrailingHeaders) is (not RpcStatus.Ok, _) and var (status, detail)
            ? new RpcException(status, detail)
            : new RpcException(RpcStatus.Internal, "The answer ends within a message.");
}
