using System.Buffers.Binary;

namespace Casemate.Quoting.Aesm;

/// <summary>What well-known clients do to get a quote, with what they check: if these work, those do.</summary>
public static class AesmClientSequences
{
    private const int GramineBufferSize = 8192;
    private const int SignatureLengthOffset = 432;

    /// <summary>
    /// The six calls of Open Enclave and of Intel's DCAP library out of process: number of keys, key ids, initialise twice, size, quote.
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="makeReport">Makes a report (432 bytes) for target info (512 bytes).</param>
    /// <param name="cancellationToken">Stops the sequence.</param>
    /// <returns>The quote.</returns>
    /// <exception cref="AesmClientException">A call failed.</exception>
    public static async ValueTask<ReadOnlyMemory<byte>> QuoteAsOpenEnclaveAsync(
        this AesmClient client, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> makeReport, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(makeReport);
        var count = await client.GetKeyIdCountAsync(cancellationToken).ConfigureAwait(false);
        var keyIds = await client.GetKeyIdsAsync(count, cancellationToken).ConfigureAwait(false);
        if (keyIds.Count == 0)
        {
            throw Refuse(client, "lists no attestation key");
        }

        await client.InitialiseAsync(keyIds[0], cancellationToken).ConfigureAwait(false);
        var (targetInfo, _) = await client.InitialiseWithPublicKeyIdAsync(keyIds[0], cancellationToken).ConfigureAwait(false);
        var size = await client.GetQuoteSizeAsync(keyIds[0], cancellationToken).ConfigureAwait(false);
        var request = new QuoteRequest(makeReport(targetInfo), default);
        return (await client.GetQuoteAsync(keyIds[0], request, size, cancellationToken).ConfigureAwait(false)).Quote;
    }

    /// <summary>The two calls of Gramine: initialise, quote into 8192 bytes; begun anew when the service has lost its key.</summary>
    /// <param name="client">The client.</param>
    /// <param name="makeReport">Makes a report (432 bytes) for target info (512 bytes).</param>
    /// <param name="cancellationToken">Stops the sequence.</param>
    /// <returns>The quote, of the length that its own length field gives.</returns>
    /// <exception cref="AesmClientException">A call failed, or the quote does not pass Gramine's checks.</exception>
    public static async ValueTask<ReadOnlyMemory<byte>> QuoteAsGramineAsync(
        this AesmClient client, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> makeReport, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(makeReport);
        for (var attempt = 1; ; attempt++)
        {
            var (targetInfo, _) = await client.InitialiseWithPublicKeyIdAsync(AttestationKeyId.IntelQe3, cancellationToken)
                .ConfigureAwait(false);
            var request = new QuoteRequest(makeReport(targetInfo), default);
            try
            {
                var answer = await client.GetQuoteAsync(AttestationKeyId.IntelQe3, request, GramineBufferSize, cancellationToken)
                    .ConfigureAwait(false);
                return TrueLength(client, answer.Quote);
            }
            catch (AesmClientException e) when (e.Error is AesmError.AttestationKeyNotInitialised && attempt == 1)
            {
                // Once: Gramine has no limit here, but a service that loses its key again and again is to be reported.
            }
        }
    }

    private static ReadOnlyMemory<byte> TrueLength(AesmClient client, ReadOnlyMemory<byte> quote)
    {
        const int fixedSize = SignatureLengthOffset + sizeof(uint);
        if (quote.Length < fixedSize)
        {
            throw Refuse(client, $"returned a quote of {quote.Length} bytes, too short for one");
        }

        var signature = BinaryPrimitives.ReadUInt32LittleEndian(quote.Span[SignatureLengthOffset..]);
        return signature <= quote.Length - fixedSize
            ? quote[..(fixedSize + (int)signature)]
            : throw Refuse(client, $"returned a quote whose signature data of {signature} bytes is cut off");
    }

    private static AesmClientException Refuse(AesmClient client, string problem) =>
        new($"{client.Endpoint} {problem}.", "Report it to the maker of the service: it breaks the protocol.");
}
