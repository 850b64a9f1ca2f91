using System.Security.Cryptography;
using Casemate.Primitives.Jose;

namespace Casemate.Broker;

public sealed partial class KeyBroker
{
    /// <summary>Gives a resource to an attested workload, encrypted to its key.</summary>
    /// <param name="sessionId">The session that the client's cookie names; null for none.</param>
    /// <param name="bearerToken">The token that the client sent; null for none. Used when the session has no valid one.</param>
    /// <param name="path">The resource.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <returns>A flattened JWE, JSON as UTF-8.</returns>
    public async ValueTask<BrokerResult<byte[]>> GetResourceAsync(
        string? sessionId, string? bearerToken, ResourcePath path, CancellationToken cancellationToken = default)
    {
        var now = _options.Time.GetUtcNow();
        var session = _sessions.Find(sessionId, now);
        var ofSession = session?.Token;
        if ((ofSession is not null && now < ofSession.Expires ? ofSession.Text : bearerToken ?? ofSession?.Text) is not { } text)
        {
            return new BrokerError(
                BrokerErrorCode.TokenNotFound,
                "The request carries neither the cookie of an attested session nor a bearer token; attest first.");
        }

        if (!_options.Tokens.TryVerify(text, now, out var token, out var problem))
        {
            return new BrokerError(BrokerErrorCode.TokenInvalid, $"The token is not accepted: {problem}; attest again.");
        }

        Metrics.PolicyEvaluations.Add(1);
        var (content, error) = await ReadAsync(token, path, cancellationToken).ConfigureAwait(false);
        try
        {
            var decision = NewDecision(DecisionKind.ResourceRead, error) with
            {
                Tee = token.Tee,
                Simulated = token.Simulated,
                SessionHash = session?.Hash,
                Resource = path,
                TokenId = token.Id,
            };
            error = await RecordAsync(decision, cancellationToken).ConfigureAwait(false) ?? error;
            if (error is not null || content is null)
            {
                return error ?? NotFound();
            }

            Metrics.ResourceReads.Add(1);
            return Jwe.Encrypt(token.TeePublicKey, content);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    /// <summary>Stores a resource for an administrator whom the caller has recognised.</summary>
    /// <param name="path">The resource.</param>
    /// <param name="content">1 byte to the store's limit.</param>
    /// <param name="cancellationToken">Honoured before writing starts.</param>
    public async ValueTask<BrokerResult<Done>> PutResourceAsync(
        ResourcePath path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        var error = content.Length switch
        {
            0 => new BrokerError(BrokerErrorCode.MalformedRequest, "A resource has at least one byte."),
            var n when n > _options.Resources.MaxResourceSize => new BrokerError(
                BrokerErrorCode.ResourceTooLarge, $"A resource has at most {_options.Resources.MaxResourceSize} bytes, this one has {n}."),
            _ => null,
        };
        error = await ChangeAsync(
            DecisionKind.ResourceWrite, path, error, () => TryStoreAsync(path, content, cancellationToken), cancellationToken)
            .ConfigureAwait(false);
        if (error is null)
        {
            Metrics.ResourceWrites.Add(1);
        }

        return error is null ? Done.Instance : error;
    }

    /// <summary>Removes a resource for an administrator whom the caller has recognised.</summary>
    /// <param name="path">The resource.</param>
    /// <param name="cancellationToken">Honoured before the removal.</param>
    public async ValueTask<BrokerResult<Done>> DeleteResourceAsync(ResourcePath path, CancellationToken cancellationToken = default)
    {
        var error = await CheckIsThereAsync(path, cancellationToken).ConfigureAwait(false);
        error = await ChangeAsync(
            DecisionKind.ResourceDelete, path, error, () => TryRemoveAsync(path, cancellationToken), cancellationToken)
            .ConfigureAwait(false);
        if (error is null)
        {
            Metrics.ResourceDeletes.Add(1);
        }

        return error is null ? Done.Instance : error;
    }

    // Recorded first: a change that no record tells of must not happen. If nothing comes of it, another record says so.
    private async ValueTask<BrokerError?> ChangeAsync(
        DecisionKind kind, ResourcePath path, BrokerError? refusal, Func<ValueTask<BrokerError?>> change, CancellationToken cancellationToken)
    {
        var error = await RecordAsync(NewDecision(kind, refusal) with { Resource = path }, cancellationToken).ConfigureAwait(false) ?? refusal;
        if (error is not null || await change().ConfigureAwait(false) is not { } failure)
        {
            return error;
        }

        return await RecordAsync(NewDecision(kind, failure) with { Resource = path }, CancellationToken.None).ConfigureAwait(false) ?? failure;
    }

    private async ValueTask<BrokerError?> CheckIsThereAsync(ResourcePath path, CancellationToken cancellationToken)
    {
        try
        {
            var content = await _options.Resources.GetAsync(path, cancellationToken).ConfigureAwait(false);
            CryptographicOperations.ZeroMemory(content);
            return content is null ? NotFound() : null;
        }
        catch (Exception e) when (e is ResourceDamagedException or InvalidDataException)
        {
            return null;                                                    // what cannot be read can still be removed
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Unavailable(e);
        }
    }

    private async ValueTask<BrokerError?> TryRemoveAsync(ResourcePath path, CancellationToken cancellationToken)
    {
        try
        {
            return await _options.Resources.DeleteAsync(path, cancellationToken).ConfigureAwait(false) ? null : NotFound();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Unavailable(e);
        }
    }

    // The policy is asked before the store: who may not read a name does not learn whether it exists.
    private async ValueTask<(byte[]? Content, BrokerError? Error)> ReadAsync(
        VerifiedToken token, ResourcePath path, CancellationToken cancellationToken)
    {
        if (!_appraiser.Accepts(token) || !_options.Policy.Allows(path))
        {
            Metrics.PolicyViolations.Add(1);
            var detail = $"Policy '{_options.Policy.Name}' does not grant this resource to this workload.";
            return (null, new BrokerError(BrokerErrorCode.PolicyDeny, detail));
        }

        Metrics.PolicyApprovals.Add(1);
        try
        {
            var content = await _options.Resources.GetAsync(path, cancellationToken).ConfigureAwait(false);
            return (content, content is null ? NotFound() : null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ResourceDamagedException or InvalidDataException)
        {
            return (null, Unavailable(e));
        }
    }

    private async ValueTask<BrokerError?> TryStoreAsync(
        ResourcePath path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        try
        {
            await _options.Resources.PutAsync(path, content, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Unavailable(e);
        }
    }

    private static BrokerError NotFound() => new(BrokerErrorCode.ResourceNotFound, "There is no such resource.");

    private static BrokerError Unavailable(Exception cause) =>
        new(BrokerErrorCode.StorageUnavailable, "The resource cannot be read or written now; the broker's log says why.") { Cause = cause };
}
