using System.Buffers.Binary;
using System.Net.Sockets;
using Casemate.Primitives.Sockets;
using Casemate.Quoting.Aesm;
using Casemate.Quoting.Service;
using Casemate.Quoting.Service.Audit;
using Casemate.Quoting.Service.Queue;

namespace Casemate.Quoting.Qgs;

/// <content>One connection: its request, the turn in the queue, its answer.</content>
public sealed partial class QgsServer
{
    private const int MaximumDrained = 16 * QgsMessage.MaximumSize;

    private async Task ServeAsync(Socket socket, string peer)
    {
        using var owned = socket;
        using var deadline = new CancellationTokenSource(_options.ConnectionTimeout, _time);
        var waiting = new Waiting(socket);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _stopping.Token, waiting.HungUp);
        try
        {
            if (await AnswerAsync(waiting, peer, ending.Token).ConfigureAwait(false) is { } problem)
            {
                _events.Dropped(peer, problem);
            }
        }
        catch (OperationCanceledException)
        {
            _events.Dropped(
                peer, _stopping.IsCancellationRequested ? "the service stops"
                    : waiting.HungUp.IsCancellationRequested ? "the peer hung up before its answer was there"
                    : "the connection took too long");
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _events.Dropped(peer, "the peer closed the connection too early");
        }
        catch (Exception e)
        {
            // A fault of ours: the connection ends, the service does not.
            _events.Answered(peer, QgsMessageType.GetQuoteRequest, QgsError.Unexpected, e);
        }
    }

    // Returns why there was no answer; null when there was one.
    private async ValueTask<string?> AnswerAsync(Waiting connection, string peer, CancellationToken cancellationToken)
    {
        var socket = connection.Socket;

        // A length below 16 MiB begins with 0, a report with its type: one byte tells framed from raw.
        var start = new byte[QgsMessage.LengthSize];
        if (!await FillAsync(socket, start, cancellationToken).ConfigureAwait(false))
        {
            return "the connection ended before a request";
        }

        if (start[0] == TdReport.Type)
        {
            var report = new byte[TdReport.Size];
            start.CopyTo(report, 0);
            if (!await FillAsync(socket, report.AsMemory(start.Length), cancellationToken).ConfigureAwait(false))
            {
                return "the connection ended within a report";
            }

            var (rawError, rawQuote) = await QuoteAsync(connection, report, peer, cancellationToken).ConfigureAwait(false);
            if (rawQuote is null)
            {
                return $"a raw request has no answer but a quote: {rawError}";
            }

            await SendAsync(socket, rawQuote, cancellationToken).ConfigureAwait(false);
            return null;
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(start);
        var request = default(QgsRequest);
        byte[]? answer = null;
        var isWhole = length is >= QgsMessage.HeaderSize and <= QgsMessage.MaximumSize;
        if (!isWhole)
        {
            answer = Refuse(peer, request, QgsError.InvalidSize);
        }
        else
        {
            var message = await ReceiveAsync(socket, (int)length, cancellationToken).ConfigureAwait(false);
            if (message is null)
            {
                return "the connection ended within a request";
            }

            var error = QgsMessage.TryReadRequest(message, out request);
            answer = error is QgsError.Success
                ? await AnswerAsync(connection, request, peer, cancellationToken).ConfigureAwait(false)
                : Refuse(peer, request, error);
        }

        var frame = new byte[QgsMessage.LengthSize + answer.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame, (uint)answer.Length);
        answer.CopyTo(frame, QgsMessage.LengthSize);
        await SendAsync(socket, frame, cancellationToken).ConfigureAwait(false);
        if (!isWhole)
        {
            await DrainAsync(socket, cancellationToken).ConfigureAwait(false);
        }

        return null;
    }

    // A connection that is closed with bytes in it is reset, and the reset may overtake the answer: so the answer ends, and what the peer
    // still sends is taken and thrown away, up to a limit and for as long as the connection has.
    private static async ValueTask DrainAsync(Socket socket, CancellationToken cancellationToken)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
            var waste = new byte[4096];
            for (var left = MaximumDrained; left > 0;)
            {
                var received = await socket.ReceiveAsync(waste, SocketFlags.None, cancellationToken).ConfigureAwait(false);
                if (received == 0)
                {
                    return;
                }

                left -= received;
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return;                                                        // it has had its answer
        }
    }

    private async ValueTask<byte[]> AnswerAsync(
        Waiting connection, QgsRequest request, string peer, CancellationToken cancellationToken)
    {
        if (request.Type is QgsMessageType.GetCollateralRequest or QgsMessageType.GetPlatformInfoRequest)
        {
            return await DescribeAsync(request, peer, cancellationToken).ConfigureAwait(false);
        }

        var (error, quote) = await QuoteAsync(connection, request.First, peer, cancellationToken).ConfigureAwait(false);
        return quote is null
            ? QgsMessage.WriteError(request, error)
            : QgsMessage.WriteQuoteResponse(request.MinorVersion, default, quote);
    }

    // Neither makes a quote, and neither waits for a turn: collateral is most often at hand, and the machine does not change.
    private async ValueTask<byte[]> DescribeAsync(QgsRequest request, string peer, CancellationToken cancellationToken)
    {
        try
        {
            if (request.Type is QgsMessageType.GetPlatformInfoRequest)
            {
                var platform = await _provider.DescribeAsync(cancellationToken).ConfigureAwait(false);
                return platform is null ? Refuse(peer, request, QgsError.InvalidType)
                    : Answer(QgsMessage.WritePlatformInfoResponse(request.MinorVersion, platform));
            }

            if (_collateral is null)
            {
                return Refuse(peer, request, QgsError.InvalidType);
            }

            if (QgsCollateral.Query(request.First.Span, request.Second.Span) is not { } query)
            {
                return Refuse(peer, request, QgsError.InvalidParameter);
            }

            var found = await _collateral.FindDcapCollateralAsync(query, cancellationToken).ConfigureAwait(false)
                ?? throw new QuoteProviderException(
                    AesmError.NoPlatformCertificate, $"there is no collateral for platform (FMSPC) {query.Fmspc}",
                    "Add it to what --collateral names; 'casemate collateral fetch' gets it.");
            return Answer(QgsMessage.WriteCollateralResponse(request.MinorVersion, QgsCollateral.Of(found)));
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return Refuse(peer, request, QgsError.Unexpected, e);
        }

        byte[] Answer(byte[] answer)
        {
            _events.Answered(peer, request.Type, QgsError.Success, null);
            return answer;
        }
    }

    private byte[] Refuse(string peer, QgsRequest request, QgsError error, Exception? failure = null)
    {
        _events.Answered(peer, request.Type, error, failure);
        return QgsMessage.WriteError(request, error);
    }

    private async ValueTask<(QgsError Error, byte[]? Quote)> QuoteAsync(
        Waiting connection, ReadOnlyMemory<byte> report, string peer, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _waiting.Add(connection);
        }

        try
        {
            return await QuoteInTurnAsync(connection.Socket, report, peer, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                _waiting.Remove(connection);
            }
        }
    }

    private async ValueTask<(QgsError Error, byte[]? Quote)> QuoteInTurnAsync(
        Socket socket, ReadOnlyMemory<byte> report, string peer, CancellationToken cancellationToken)
    {
        if (!TdReport.IsWellFormed(report.Span))
        {
            _events.Answered(peer, QgsMessageType.GetQuoteRequest, QgsError.InvalidParameter, null);
            return (QgsError.InvalidParameter, null);
        }

        var began = _time.GetTimestamp();
        var turn = await _queue.EnterAsync(peer, 1, _options.ConnectionTimeout, cancellationToken).ConfigureAwait(false);
        if (turn is not QueueTurn.Granted)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _events.Answered(peer, QgsMessageType.GetQuoteRequest, QgsError.OutOfMemory, null);
            return (QgsError.OutOfMemory, null);
        }

        var waited = _time.GetElapsedTime(began);
        byte[]? quote = null;
        QuoteProviderException? failure = null;
        try
        {
            quote = await MakeAsync(report, cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            failure = e as QuoteProviderException ?? new QuoteProviderException(AesmError.Unexpected, e.Message, cause: e);
        }

        var error = failure is null ? QgsError.Success : CodeOf(failure.Code);
        _events.Worked(peer, waited, _time.GetElapsedTime(began) - waited, error);
        if (!await RecordAsync(report, peer, socket, failure, cancellationToken).ConfigureAwait(false) && quote is not null)
        {
            (quote, error) = (null, QgsError.Unexpected);
        }

        _events.Answered(peer, QgsMessageType.GetQuoteRequest, error, failure);
        return (error, quote);
    }

    // The credential of a record names the process already.
    private static string EndpointOf(string peer) =>
        peer.LastIndexOf(ProcessMark, StringComparison.Ordinal) is > 0 and var at ? peer[..at] : peer;

    private async ValueTask<bool> RecordAsync(
        ReadOnlyMemory<byte> report, string peer, Socket socket, QuoteProviderException? failure, CancellationToken cancellationToken)
    {
        var credential = default(PeerCredential);
        if (socket.AddressFamily is AddressFamily.Unix)
        {
            _ = PeerCredential.TryRead(socket, out credential);
        }

        var record = QuoteAuditRecord.OfTd(
            _time.GetUtcNow(), new Peer(credential, EndpointOf(peer)), _provider, report.Span, failure?.Code ?? AesmError.Success) with
        {
            DcapCode = failure?.DcapCode,
        };
        try
        {
            await _audit.RecordAsync(record, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            _events.NotRecorded(peer, e);
            return false;
        }
    }

    // Holds its place until the back end has come back, also when the connection's time is over.
    private async Task<byte[]> MakeAsync(ReadOnlyMemory<byte> report, CancellationToken cancellationToken)
    {
        try
        {
            return await _provider.QuoteAsync(report, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _queue.Leave();
        }
    }

    private static QgsError CodeOf(AesmError error) => error switch
    {
        AesmError.InvalidReport or AesmError.Parameter => QgsError.InvalidParameter,
        AesmError.OutOfMemory or AesmError.Busy or AesmError.BackendBusy => QgsError.OutOfMemory,
        _ => QgsError.Unexpected,
    };

    // Memory follows the bytes that have arrived, not the length that a peer states.
    private static async ValueTask<byte[]?> ReceiveAsync(Socket socket, int length, CancellationToken cancellationToken)
    {
        var message = new byte[Math.Min(length, 4096)];
        for (var filled = 0; ;)
        {
            if (!await FillAsync(socket, message.AsMemory(filled), cancellationToken).ConfigureAwait(false))
            {
                return null;
            }

            filled = message.Length;
            if (filled == length)
            {
                return message;
            }

            Array.Resize(ref message, Math.Min(length, filled * 2));
        }
    }

    private static async ValueTask<bool> FillAsync(Socket socket, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (!buffer.IsEmpty)
        {
            var received = await socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken).ConfigureAwait(false);
            if (received == 0)
            {
                return false;
            }

            buffer = buffer[received..];
        }

        return true;
    }

    private static async ValueTask SendAsync(Socket socket, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None, cancellationToken).ConfigureAwait(false)..];
        }
    }

    // A connection whose peer waits for a quote. A peer that only sends no more still waits: both look the same to a read.
    private sealed class Waiting(Socket socket)
    {
        // Not disposed: whoever gives the request up may do so at any moment, and without a timer there is nothing to dispose of.
        private readonly CancellationTokenSource _hungUp = new();

        public Socket Socket { get; } = socket;

        public CancellationToken HungUp => _hungUp.Token;

        public void GiveUpIfHungUp()
        {
            if (HangUp.IsSeenOn(Socket))
            {
                _hungUp.Cancel();
            }
        }
    }
}
