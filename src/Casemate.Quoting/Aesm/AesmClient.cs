using System.Buffers.Binary;
using System.Net.Sockets;
using static Casemate.Quoting.Aesm.AesmFields;

namespace Casemate.Quoting.Aesm;

/// <summary>
/// Asks a quote helper for quotes, or any other server of the AESM protocol: one connection per call, as every known client does.
/// </summary>
public sealed class AesmClient
{
    /// <summary>The time that Intel's client library gives every call in release builds: 15 s.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(15);

    private const int MaximumAnswerSize = 1024 * 1024;
    private const int FirstBuffer = 8192;

    private readonly UnixDomainSocketEndPoint _address;
    private readonly TimeSpan _timeout;

    private AesmClient(UnixDomainSocketEndPoint address, string endpoint, TimeSpan timeout)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(timeout, TimeSpan.FromDays(1));
        (_address, Endpoint, _timeout) = (address, endpoint, timeout);
    }

    /// <summary>What the client connects to: a path, or <c>@</c> and an abstract name.</summary>
    public string Endpoint { get; }

    /// <summary>A client of a path socket.</summary>
    /// <param name="path">The path, at most 107 bytes.</param>
    /// <param name="timeout">Limit of each call, up to a day; also told to the service.</param>
    /// <exception cref="ArgumentException">The path is too long, or the time out of range.</exception>
    public static AesmClient ForPath(string path, TimeSpan timeout) => new(new UnixDomainSocketEndPoint(path), path, timeout);

    /// <summary>A client of an abstract socket, whose name is padded with NULs as Gramine does.</summary>
    /// <param name="name">The name, without the NUL before it.</param>
    /// <param name="timeout">Limit of each call, up to a day; also told to the service.</param>
    /// <exception cref="AesmEndpointException">The name is too long.</exception>
    public static AesmClient ForAbstractName(string name, TimeSpan timeout) => new(AesmAddress.Abstract(name), "@" + name, timeout);

    /// <summary>Message 21: how many attestation keys there are.</summary>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <exception cref="AesmClientException">The service refused, or did not answer properly.</exception>
    public async ValueTask<uint> GetKeyIdCountAsync(CancellationToken cancellationToken)
    {
        var answer = await CallAsync(Request(AesmMessageType.GetSupportedAttKeyIdNum), cancellationToken).ConfigureAwait(false);
        return (uint)(answer.Number(GetSupportedAttKeyIdNum.Number) ?? throw Missing(answer, "the number of keys"));
    }

    /// <summary>Message 22: the attestation key ids.</summary>
    /// <param name="count">Their number, from <see cref="GetKeyIdCountAsync"/>.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <exception cref="AesmClientException">The service refused, or did not answer properly.</exception>
    public async ValueTask<IReadOnlyList<AttestationKeyId>> GetKeyIdsAsync(uint count, CancellationToken cancellationToken)
    {
        var request = Request(AesmMessageType.GetSupportedAttKeyIds)
            .With(GetSupportedAttKeyIds.BufferSize, (ulong)count * AttestationKeyId.Size & uint.MaxValue);
        var answer = await CallAsync(request, cancellationToken).ConfigureAwait(false);
        var bytes = answer.Bytes(GetSupportedAttKeyIds.KeyIds) ?? throw Missing(answer, "the key ids");
        if (bytes.Length != (long)count * AttestationKeyId.Size)
        {
            throw Unusable(answer, $"{bytes.Length} bytes of key ids for {count} keys");
        }

        var keyIds = new List<AttestationKeyId>();
        for (; AttestationKeyId.TryRead(bytes.Span, out var keyId); bytes = bytes[AttestationKeyId.Size..])
        {
            keyIds.Add(keyId);
        }

        return keyIds;
    }

    /// <summary>Message 19: the key that the service would choose.</summary>
    /// <param name="list">The keys to choose from, <c>sgx_att_key_id_list_t</c>; empty: all.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <exception cref="AesmClientException">The service refused, or did not answer properly.</exception>
    public async ValueTask<AttestationKeyId> SelectKeyIdAsync(ReadOnlyMemory<byte> list, CancellationToken cancellationToken)
    {
        var request = AesmMessage.Request(AesmMessageType.SelectAttKeyId)
            .With(SelectAttKeyId.List, list).With(SelectAttKeyId.Timeout, Milliseconds);
        var answer = await CallAsync(request, cancellationToken).ConfigureAwait(false);
        var bytes = answer.Bytes(SelectAttKeyId.Selected) ?? throw Missing(answer, "the selected key id");
        return AttestationKeyId.TryRead(bytes.Span, out var keyId) ? keyId : throw Unusable(answer, "a key id that is too short");
    }

    /// <summary>Message 15 without a buffer: makes sure that there is a key; target info only.</summary>
    /// <param name="keyId">The attestation key.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>Target info, 512 bytes.</returns>
    /// <exception cref="AesmClientException">The service refused, or did not answer properly.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> InitialiseAsync(AttestationKeyId keyId, CancellationToken cancellationToken) =>
        (await InitialiseAsync(keyId, wantsPublicKeyId: false, cancellationToken).ConfigureAwait(false)).TargetInfo;

    /// <summary>Message 15 with a buffer: target info, and the name of the key.</summary>
    /// <param name="keyId">The attestation key.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <returns>Target info, 512 bytes, and public key id, 32 bytes.</returns>
    /// <exception cref="AesmClientException">The service refused, or did not answer properly.</exception>
    public ValueTask<(ReadOnlyMemory<byte> TargetInfo, ReadOnlyMemory<byte> PublicKeyId)> InitialiseWithPublicKeyIdAsync(
        AttestationKeyId keyId, CancellationToken cancellationToken) => InitialiseAsync(keyId, wantsPublicKeyId: true, cancellationToken);

    /// <summary>Message 16: the size of a quote.</summary>
    /// <param name="keyId">The attestation key.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <exception cref="AesmClientException">The service refused, or did not answer properly.</exception>
    public async ValueTask<uint> GetQuoteSizeAsync(AttestationKeyId keyId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(keyId);
        var request = Request(AesmMessageType.GetQuoteSizeEx).With(GetQuoteSizeEx.KeyId, keyId.Bytes);
        var answer = await CallAsync(request, cancellationToken).ConfigureAwait(false);
        return (uint)(answer.Number(GetQuoteSizeEx.QuoteSize) ?? throw Missing(answer, "the size"));
    }

    /// <summary>Message 17: a quote.</summary>
    /// <param name="keyId">The attestation key.</param>
    /// <param name="request">The report, and what is wanted besides.</param>
    /// <param name="bufferSize">Bytes that the quote may have.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <exception cref="AesmClientException">The service refused, or did not answer properly.</exception>
    public async ValueTask<QuoteAnswer> GetQuoteAsync(
        AttestationKeyId keyId, QuoteRequest request, uint bufferSize, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(keyId);
        var message = Request(AesmMessageType.GetQuoteEx)
            .With(GetQuoteEx.Report, request.Report)
            .With(GetQuoteEx.KeyId, keyId.Bytes)
            .With(GetQuoteEx.QeReportInfo, request.QeReportInfo)
            .With(GetQuoteEx.BufferSize, bufferSize);
        var answer = await CallAsync(message, cancellationToken).ConfigureAwait(false);
        var quote = answer.Bytes(GetQuoteEx.Quote) ?? throw Missing(answer, "the quote");
        var qeReportInfo = answer.Bytes(GetQuoteEx.AnsweredQeReportInfo) ?? default;
        if (quote.Length > bufferSize || qeReportInfo.Length != request.QeReportInfo.Length)
        {
            throw Unusable(answer, $"a quote of {quote.Length} bytes and QE report information of {qeReportInfo.Length} bytes");
        }

        return new QuoteAnswer(quote, qeReportInfo);
    }

    private uint Milliseconds => (uint)_timeout.TotalMilliseconds;

    private AesmMessage Request(AesmMessageType type) => AesmMessage.Request(type).With(ClientTimeout, Milliseconds);

    private async ValueTask<(ReadOnlyMemory<byte> TargetInfo, ReadOnlyMemory<byte> PublicKeyId)> InitialiseAsync(
        AttestationKeyId keyId, bool wantsPublicKeyId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(keyId);
        var request = Request(AesmMessageType.InitQuoteEx)
            .With(InitQuoteEx.KeyId, keyId.Bytes)
            .With(InitQuoteEx.WantsPublicKeyId, wantsPublicKeyId ? 1u : 0)
            .With(InitQuoteEx.BufferSize, wantsPublicKeyId ? QuotingTarget.PublicKeyIdSize : null);
        var answer = await CallAsync(request, cancellationToken).ConfigureAwait(false);
        var targetInfo = answer.Bytes(InitQuoteEx.TargetInfo) ?? default;
        var publicKeyId = answer.Bytes(InitQuoteEx.PublicKeyId) ?? default;
        if (targetInfo.Length != QuotingTarget.TargetInfoSize
            || answer.Number(InitQuoteEx.PublicKeyIdSize) != QuotingTarget.PublicKeyIdSize
            || publicKeyId.Length != (wantsPublicKeyId ? QuotingTarget.PublicKeyIdSize : 0))
        {
            throw Unusable(answer, $"target info of {targetInfo.Length} bytes and a public key id of {publicKeyId.Length} bytes");
        }

        return (targetInfo, publicKeyId);
    }

    private async ValueTask<AesmMessage> CallAsync(AesmMessage request, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_timeout);
        AesmMessage answer;
        try
        {
            answer = await ExchangeAsync(request, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new AesmClientException(
                $"{request.Type}: no answer from {Endpoint} within {_timeout.TotalSeconds:0.###} s.",
                "Look at the quote helper's log and queue: it is overloaded or hangs.", null, e);
        }
        catch (SocketException e)
        {
            throw new AesmClientException(
                $"{request.Type}: {Endpoint} cannot be reached: {e.Message.TrimEnd('.')}.",
                "Check that the quote helper runs and that its socket directory is mounted here.", null, e);
        }

        if (answer.Type != request.Type)
        {
            throw Unusable(answer, $"a response to another message than {request.Type}");
        }

        var error = (AesmError)(answer.Number(Error) ?? (ulong)AesmError.Unexpected);
        return error is AesmError.Success
            ? answer
            : throw new AesmClientException(
                $"{request.Type}: {Endpoint} answered {(int)error} ({error}): {AesmErrorText.Meaning(error)}",
                AesmErrorText.Remedy(error), error);
    }

    private async ValueTask<AesmMessage> ExchangeAsync(AesmMessage request, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(_address, cancellationToken).ConfigureAwait(false);
        var frame = request.ToFrame();
        for (var sent = 0; sent < frame.Length;)
        {
            sent += await socket.SendAsync(frame.AsMemory(sent), SocketFlags.None, cancellationToken).ConfigureAwait(false);
        }

        var received = new byte[FirstBuffer];
        var filled = 0;
        var wanted = AesmMessage.HeaderSize;
        while (filled < wanted)
        {
            if (filled == received.Length)
            {
                Array.Resize(ref received, filled * 2);                    // as it arrives, not as it is announced
            }

            var count = await socket.ReceiveAsync(received.AsMemory(filled), SocketFlags.None, cancellationToken).ConfigureAwait(false);
            if (count == 0)
            {
                throw new AesmClientException(
                    $"{request.Type}: {Endpoint} closed the connection after {filled} bytes.",
                    "Look at the quote helper's log: it says why it refused the request.");
            }

            filled += count;
            if (wanted == AesmMessage.HeaderSize && filled >= wanted)
            {
                var length = BinaryPrimitives.ReadUInt32LittleEndian(received);
                wanted = length is > 0 and <= MaximumAnswerSize
                    ? AesmMessage.HeaderSize + (int)length
                    : throw new AesmClientException(
                        $"{request.Type}: {Endpoint} announced an answer of {length} bytes.", "Check that the socket is one of AESM.");
            }
        }

        return AesmMessage.TryReadResponse(received.AsMemory(AesmMessage.HeaderSize..wanted), out var answer, out var problem)
            ? answer
            : throw new AesmClientException(
                $"{request.Type}: {Endpoint} answered what is no response: {problem}.", "Check that the socket is one of AESM.");
    }

    private AesmClientException Missing(AesmMessage answer, string what) => Unusable(answer, $"success without {what}");

    private AesmClientException Unusable(AesmMessage answer, string what) => new(
        $"{answer.Type}: {Endpoint} answered {what}.", "Report it to the maker of the service: it breaks the protocol.");
}
