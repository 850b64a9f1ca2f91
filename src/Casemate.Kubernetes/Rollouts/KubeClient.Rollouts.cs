namespace Casemate.Kubernetes;

public sealed partial class KubeClient
{
    /// <summary>
    /// Waits until an object is what it shall be, has failed, or the time is up. Watches; an absent object is waited for.
    /// </summary>
    /// <param name="resource">Its kind; see <see cref="RolloutStatus.Of"/>.</param>
    /// <param name="namespaceName">Its namespace; null for kinds without one.</param>
    /// <param name="name">Its name.</param>
    /// <param name="limit">How long to wait.</param>
    /// <param name="progress">Told each status that differs from the one before; null: nobody.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns>
    /// The last status. <see cref="RolloutState.Progressing"/> says that the time was up, with what was missing then; when the server did
    /// not answer, its problem is the message.
    /// </returns>
    /// <exception cref="KubeException">The object's status cannot be read.</exception>
    public async Task<RolloutStatus> WaitForRolloutAsync(
        KubeResource resource, string? namespaceName, string name, TimeSpan limit, Action<RolloutStatus>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resource);
        PathOf(resource, namespaceName, name);
        using var end = new CancellationTokenSource(limit, Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, end.Token);
        var informer = new Informer(this, resource, KubeListOptions.Named(name, namespaceName));
        RolloutStatus? last = null;
        try
        {
            await foreach (var change in informer.RunAsync(either.Token).ConfigureAwait(false))
            {
                var now = informer.Find(namespaceName, name) is { } found && change.Type is not InformerChangeType.Deleted
                    ? RolloutStatus.Of(found.Kind.Length > 0 ? found : Typed(resource, found))
                    : RolloutStatus.Absent;
                if (now != last)
                {
                    progress?.Invoke(now);
                    last = now;
                }

                if (now.State is not RolloutState.Progressing)
                {
                    return now;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time is up; said by the last status.
        }

        return informer.Problem is { } problem
            ? (last ?? RolloutStatus.Absent) with { Message = problem }
            : last ?? RolloutStatus.Absent;
    }

    // Items of lists do not say their kind.
    private static KubeObject Typed(KubeResource resource, KubeObject value)
    {
        var node = value.ToNode();
        (node["apiVersion"], node["kind"]) = (resource.ApiVersion, resource.Kind);
        return KubeObject.From(node);
    }
}
