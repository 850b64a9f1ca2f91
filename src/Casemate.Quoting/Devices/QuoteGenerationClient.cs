using System.Buffers.Binary;
using System.Net.Sockets;
using Casemate.Primitives.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Casemate.Quoting.Devices;

/// <summary>
/// Asks a quote generation service (QGS) for quotes, with its framed messages. One connection a request, as the service wants it.
/// Source: Intel DCAP, <c>qgs_msg_lib</c>.
/// </summary>
public sealed class QuoteGenerationClient : ITdQuoteSource
{
    private const int FrameHeaderSize = 4;
    private const int HeaderSize = 16;
    private const int QuoteAnswerSize = HeaderSize + 8;
    private const int MaximumMessage = 64 * 1024;
    private const ushort MajorVersion = 1;
    private const ushort MinorVersion = 1;
    private const uint GetQuoteRequest = 0;
    private const uint GetQuoteResponse = 1;

    private readonly QuoteGenerationEndpoint _endpoint;
    private readonly TimeSpan _limit;
    private readonly TimeProvider _time;

    /// <summary>Makes a client; nothing is connected yet.</summary>
    /// <param name="endpoint">Where the service listens.</param>
    /// <param name="limit">How long a request may take; null: 30 seconds, after which Intel's service gives up itself.</param>
    /// <param name="time">The clock of that; null: the system's.</param>
    public QuoteGenerationClient(QuoteGenerationEndpoint endpoint, TimeSpan? limit = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        (_endpoint, _limit, _time) = (endpoint, limit ?? TimeSpan.FromSeconds(30), time ?? TimeProvider.System);
    }

    /// <inheritdoc/>
    public string Name => $"the quote generation service at {_endpoint}";

    /// <inheritdoc/>
    public async ValueTask<ReadOnlyMemory<byte>> QuoteAsync(ReadOnlyMemory<byte> tdReport, CancellationToken cancellationToken)
    {
        if (tdReport.Length != TdxGuestDeviceProvider.TdReportSize)
        {
            throw new ArgumentException(
                $"A TD report has {TdxGuestDeviceProvider.TdReportSize} bytes, not {tdReport.Length}.", nameof(tdReport));
        }

        using var limit = new CancellationTokenSource(_limit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            // A vsock's calls block, so the wait can end before they do.
            return await ExchangeAsync(Request(tdReport.Span), either.Token).WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Failed($"did not answer within {_limit.TotalSeconds:0} seconds", isTransient: true, e);
        }
        catch (EndOfStreamException e)
        {
            throw Failed("closed the connection before its answer was complete", isTransient: true, e);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            throw Failed($"cannot be reached: {e.Message.TrimEnd('.')}", isTransient: true, e);
        }
    }

    private static byte[] Request(ReadOnlySpan<byte> tdReport)
    {
        const int fixedPart = HeaderSize + 8;
        var frame = new byte[FrameHeaderSize + fixedPart + tdReport.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - FrameHeaderSize);
        var message = frame.AsSpan(FrameHeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(message, MajorVersion);
        BinaryPrimitives.WriteUInt16LittleEndian(message[2..], MinorVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(message[4..], GetQuoteRequest);
        BinaryPrimitives.WriteInt32LittleEndian(message[8..], message.Length);
        BinaryPrimitives.WriteInt32LittleEndian(message[HeaderSize..], tdReport.Length);
        tdReport.CopyTo(message[fixedPart..]);
        return frame;
    }

    private async Task<ReadOnlyMemory<byte>> ExchangeAsync(byte[] request, CancellationToken cancellationToken)
    {
        var stream = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            await stream.WriteAsync(request, cancellationToken).ConfigureAwait(false);
            var header = new byte[FrameHeaderSize];
            await stream.ReadExactlyAsync(header, cancellationToken).ConfigureAwait(false);
            var size = BinaryPrimitives.ReadUInt32BigEndian(header);
            if (size is < HeaderSize or > MaximumMessage)
            {
                throw Failed($"announced a message of {size} bytes, accepted are {HeaderSize} to {MaximumMessage}", isTransient: false);
            }

            var message = new byte[size];
            await stream.ReadExactlyAsync(message, cancellationToken).ConfigureAwait(false);
            return Read(message);
        }
    }

    private ReadOnlyMemory<byte> Read(byte[] message)
    {
        var bytes = message.AsSpan();
        var major = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        var type = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        var size = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        var error = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]);
        if (major != MajorVersion || type != GetQuoteResponse || size != bytes.Length)
        {
            throw Failed($"answered with version {major}, type {type} and size {size} in {bytes.Length} bytes", isTransient: false);
        }

        if (error != 0)
        {
            throw Failed($"refused with 0x{error:X}: {Explain(error)}", isTransient: error is 0x12001 or 0x12002);
        }

        if (bytes.Length < QuoteAnswerSize)
        {
            throw Failed($"answered {bytes.Length} bytes, too few for a quote", isTransient: false);
        }

        var idSize = (long)BinaryPrimitives.ReadUInt32LittleEndian(bytes[HeaderSize..]);
        var quoteSize = (long)BinaryPrimitives.ReadUInt32LittleEndian(bytes[(HeaderSize + 4)..]);
        return quoteSize > 0 && QuoteAnswerSize + idSize + quoteSize == bytes.Length
            ? message.AsMemory(QuoteAnswerSize + (int)idSize)
            : throw Failed($"answered sizes of {idSize} and {quoteSize} bytes in {bytes.Length}", isTransient: false);
    }

    private async Task<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        if (_endpoint.Path is { } path)
        {
            return await UnixSocketStream.ConnectAsync(path, cancellationToken).ConfigureAwait(false);
        }

        var (endpoint, limit) = (_endpoint, _limit);
        var connecting = Task.Factory.StartNew(
            () => VsockConnection.Open(endpoint.ContextId, endpoint.Port, limit), cancellationToken, TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        SafeFileHandle handle = await connecting.ConfigureAwait(false);
        return new FileStream(handle, FileAccess.ReadWrite, bufferSize: 0);
    }

    private static string Explain(uint error) => error switch
    {
        0x12001 => "it failed for a reason that its own log names",
        0x12002 => "it has no memory left",
        0x12003 => "a parameter is wrong, which it also says of a report from another machine",
        0x12004 => "it does not know this version of the protocol",
        0x12005 or 0x12006 or 0x12007 => "it does not understand the message",
        _ => AesmErrorText.DcapRemedy(error),
    };

    private EvidenceProviderException Failed(string what, bool isTransient, Exception? cause = null) =>
        new($"No quote: {Name} {what}.", isTransient, cause);
}
