using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Casemate.Kubernetes;

/// <summary>
/// Speaks to one Kubernetes API server. One set of methods for every kind (<see cref="KubeResource"/>); objects keep the fields that
/// nobody here knows, and objects of others are changed by patch. Safe to use from several threads.
/// </summary>
public sealed partial class KubeClient : IDisposable
{
    private const int MostEmptyPages = 100;

    private readonly KubeTransport _transport;
    private readonly KubeClientOptions _options;

    /// <summary>Makes a client; nothing is sent yet.</summary>
    /// <param name="configuration">Which server, and as whom.</param>
    /// <param name="options">Bounds; null: defaults.</param>
    public KubeClient(KubeConfiguration configuration, KubeClientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        Configuration = configuration;
        _options = options ?? KubeClientOptions.Default;
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.MaxAttempts, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_options.MaxAttempts, 20, nameof(options));
        ArgumentException.ThrowIfNullOrEmpty(_options.FieldManager, nameof(options));
        _transport = new KubeTransport(configuration, _options);
    }

    /// <summary>Which server, and as whom.</summary>
    public KubeConfiguration Configuration { get; }

    /// <summary>The clock of this client and of what is built on it.</summary>
    public TimeProvider Time => _options.Time;

    /// <summary>Under which name this client changes fields.</summary>
    public string FieldManager => _options.FieldManager;

    internal KubeClientOptions Options => _options;

    /// <summary>
    /// Ends every request when this time is over, whatever its own limit is, and refuses later ones: for work of many requests that has one
    /// limit. May be called again, for work that follows. Watches and logs that are open already go on.
    /// </summary>
    /// <param name="limit">The time for all requests, from now on.</param>
    public void EndWithin(TimeSpan limit) => _transport.EndWithin(limit);

    /// <summary>Reads one object.</summary>
    /// <param name="resource">Its kind.</param>
    /// <param name="namespaceName">Its namespace; null for kinds without one.</param>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <exception cref="KubeException">There is none (<see cref="KubeException.IsNotFound"/>), or it cannot be read.</exception>
    /// <exception cref="KubeConfigurationException">The credentials cannot be had.</exception>
    public Task<KubeObject> GetAsync(
        KubeResource resource, string? namespaceName, string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return ObjectAsync(
            new KubeRequest(HttpMethod.Get, PathOf(resource, namespaceName, name)) { IsRepeatable = true }, cancellationToken);
    }

    /// <summary>Reads one object, or null when there is none.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public async Task<KubeObject?> TryGetAsync(
        KubeResource resource, string? namespaceName, string name, CancellationToken cancellationToken = default)
    {
        try
        {
            return await GetAsync(resource, namespaceName, name, cancellationToken).ConfigureAwait(false);
        }
        catch (KubeException exception) when (exception.IsNotFound)
        {
            return null;
        }
    }

    /// <summary>Reads one page of a list.</summary>
    /// <param name="resource">The kind.</param>
    /// <param name="options">Which objects.</param>
    /// <param name="continueToken">The last page's <see cref="KubeList.Continue"/>; null for the first page.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <exception cref="KubeException">It cannot be read; when <see cref="KubeException.IsGone"/>, begin with the first page.</exception>
    public async Task<KubeList> ListPageAsync(
        KubeResource resource, KubeListOptions options, string? continueToken = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resource);
        ArgumentNullException.ThrowIfNull(options);
        return (await PageAsync(resource, options, continueToken, cancellationToken).ConfigureAwait(false)).Page;
    }

    private async Task<(KubeList Page, int Bytes)> PageAsync(
        KubeResource resource, KubeListOptions options, string? continueToken, CancellationToken cancellationToken)
    {
        var query = new KubeQuery().Add("labelSelector", options.LabelSelector).Add("fieldSelector", options.FieldSelector)
            .Add("limit", Math.Clamp(options.PageSize, 1, 5000)).Add("continue", continueToken);
        var request = new KubeRequest(HttpMethod.Get, PathOf(resource, options.Namespace), query.ToString()) { IsRepeatable = true };
        var body = await _transport.SendAsync(request, _options.MaxListBytes, cancellationToken).ConfigureAwait(false);
        return (KubeListReader.Read(body, resource), body.Length);
    }

    /// <summary>Reads a whole list, page after page; begins again when a page came too late.</summary>
    /// <inheritdoc cref="ListPageAsync"/>
    public async Task<KubeList> ListAsync(
        KubeResource resource, KubeListOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= KubeListOptions.All;
        return await ListAsync(resource, options, static (_, _) => { }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>As the other, and lets the caller object to what has come so far: how many objects, how many bytes.</summary>
    internal async Task<KubeList> ListAsync(
        KubeResource resource, KubeListOptions options, Action<int, long> check, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var items = new List<KubeObject>();
                KubeList page;
                string? next = null;
                var (bytes, empty) = (0L, 0);
                do
                {
                    var asked = next;
                    (page, var size) = await PageAsync(resource, options, next, cancellationToken).ConfigureAwait(false);
                    bytes += size;
                    if (bytes > _options.MaxWholeListBytes)
                    {
                        throw new KubeException(
                            $"The list of {resource} is larger than {_options.MaxWholeListBytes >> 20} MiB with all its pages, the limit. "
                                + "Ask for fewer objects: one namespace, or a label.", reason: "ListTooLarge");
                    }

                    items.AddRange(page.Items);
                    check(items.Count, bytes);
                    next = page.Continue;
                    empty = page.Items.Count == 0 ? empty + 1 : 0;
                    if (next is not null && (next == asked || empty > MostEmptyPages))
                    {
                        throw new KubeException(
                            $"The list of {resource} has no end: the API server names another page again and again, and nothing is in it.",
                            reason: "ListTooLarge");
                    }
                }
                while (next is not null);

                return new KubeList(items, page.ResourceVersion, null);
            }
            catch (KubeException exception) when (exception.IsGone && attempt < _options.MaxAttempts)
            {
                KubeLog.ListAgain(_options.Logger, resource.ToString());
            }
        }
    }

    /// <summary>Makes an object.</summary>
    /// <param name="resource">Its kind.</param>
    /// <param name="namespaceName">Its namespace; null for kinds without one.</param>
    /// <param name="body">The object; <c>apiVersion</c> and <c>kind</c> are filled in when missing.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <exception cref="KubeException">It is there already (<see cref="KubeException.IsAlreadyExists"/>), or was refused.</exception>
    public Task<KubeObject> CreateAsync(
        KubeResource resource, string? namespaceName, JsonObject body, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resource);
        var query = new KubeQuery().Add("fieldManager", _options.FieldManager);
        return ObjectAsync(
            new KubeRequest(HttpMethod.Post, PathOf(resource, namespaceName), query.ToString()) { Body = Body(resource, body) },
            cancellationToken);
    }

    /// <summary>Lets the server judge an object as if it were made, admission webhooks included, and keep nothing.</summary>
    /// <returns>The object as it would have been kept.</returns>
    /// <inheritdoc cref="CreateAsync"/>
    public Task<KubeObject> CreateDryRunAsync(
        KubeResource resource, string? namespaceName, JsonObject body, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resource);
        var query = new KubeQuery().Add("fieldManager", _options.FieldManager).Add("dryRun", "All");
        return ObjectAsync(
            new KubeRequest(HttpMethod.Post, PathOf(resource, namespaceName), query.ToString())
            {
                Body = Body(resource, body),
                IsRepeatable = true,
            },
            cancellationToken);
    }

    /// <summary>Makes an object in a subresource of another: a token of a service account, an eviction.</summary>
    /// <inheritdoc cref="CreateAsync"/>
    public Task<KubeObject> CreateInAsync(
        KubeResource resource, string? namespaceName, string name, string subresource, JsonObject body,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return ObjectAsync(
            new KubeRequest(HttpMethod.Post, PathOf(resource, namespaceName, name, subresource)) { Body = KubePatch.Bytes(body) },
            cancellationToken);
    }

    /// <summary>
    /// Says which fields an object shall have, and makes it when there is none (server-side apply). Fields of an earlier apply by the
    /// same manager that are missing now are removed; fields of others stay.
    /// </summary>
    /// <param name="resource">Its kind.</param>
    /// <param name="namespaceName">Its namespace; null for kinds without one.</param>
    /// <param name="name">Its name.</param>
    /// <param name="body">The fields; <c>apiVersion</c>, <c>kind</c> and the name are filled in when missing.</param>
    /// <param name="options">Manager, force, subresource; null: defaults.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <exception cref="KubeException">
    /// Another manager owns a field (<see cref="KubeException.IsConflict"/>), or it was refused.
    /// </exception>
    public Task<KubeObject> ApplyAsync(
        KubeResource resource, string? namespaceName, string name, JsonObject body, KubeApplyOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resource);
        options ??= KubeApplyOptions.Default;
        var query = new KubeQuery().Add("fieldManager", options.FieldManager ?? _options.FieldManager)
            .Add("force", options.Force ? "true" : null).Add("dryRun", options.DryRun ? "All" : null);
        return ObjectAsync(
            new KubeRequest(HttpMethod.Patch, PathOf(resource, namespaceName, name, options.Subresource), query.ToString())
            {
                Body = Body(resource, body, name),
                ContentType = "application/apply-patch+yaml",               // JSON is YAML; older servers know only this type
                IsRepeatable = true,
            },
            cancellationToken);
    }

    /// <summary>Changes an object, and nothing in it that the patch does not name.</summary>
    /// <param name="resource">Its kind.</param>
    /// <param name="namespaceName">Its namespace; null for kinds without one.</param>
    /// <param name="name">Its name.</param>
    /// <param name="patch">The change. With <c>metadata.resourceVersion</c> in it, it is refused when the object has changed since.</param>
    /// <param name="subresource">Such as <c>status</c>; null for the object itself.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <exception cref="KubeException">There is none, it changed meanwhile, or the patch was refused.</exception>
    public Task<KubeObject> PatchAsync(
        KubeResource resource, string? namespaceName, string name, KubePatch patch, string? subresource = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resource);
        ArgumentNullException.ThrowIfNull(patch);
        var query = new KubeQuery().Add("fieldManager", _options.FieldManager);
        return ObjectAsync(
            new KubeRequest(HttpMethod.Patch, PathOf(resource, namespaceName, name, subresource), query.ToString())
            {
                Body = patch.Body,
                ContentType = patch.ContentType,
                IsRepeatable = patch.IsRepeatable,
            },
            cancellationToken);
    }

    /// <summary>
    /// Replaces an object whole. Only for objects that the caller made: fields that the caller does not know are lost unless they stand in
    /// <paramref name="body"/>, which should come from <see cref="KubeObject.ToNode"/> and carry its <c>resourceVersion</c>.
    /// </summary>
    /// <inheritdoc cref="ApplyAsync"/>
    public Task<KubeObject> ReplaceAsync(
        KubeResource resource, string? namespaceName, string name, JsonObject body, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resource);
        var query = new KubeQuery().Add("fieldManager", _options.FieldManager);
        return ObjectAsync(
            new KubeRequest(HttpMethod.Put, PathOf(resource, namespaceName, name), query.ToString()) { Body = Body(resource, body, name) },
            cancellationToken);
    }

    /// <summary>Deletes an object.</summary>
    /// <param name="resource">Its kind.</param>
    /// <param name="namespaceName">Its namespace; null for kinds without one.</param>
    /// <param name="name">Its name.</param>
    /// <param name="options">What must hold; null: nothing.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns>False when there was none.</returns>
    /// <exception cref="KubeException">
    /// It is another one than expected (<see cref="KubeException.IsConflict"/>), or it was refused.
    /// </exception>
    public async Task<bool> DeleteAsync(
        KubeResource resource, string? namespaceName, string name, KubeDeleteOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resource);
        var body = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "DeleteOptions" };
        var preconditions = new JsonObject();
        Set(preconditions, "uid", options?.Uid);
        Set(preconditions, "resourceVersion", options?.ResourceVersion);
        if (preconditions.Count > 0)
        {
            body["preconditions"] = preconditions;
        }

        Set(body, "propagationPolicy", options?.PropagationPolicy);
        if (options?.GracePeriodSeconds is { } seconds)
        {
            body["gracePeriodSeconds"] = seconds;
        }

        var query = new KubeQuery();
        if (options?.DryRun is true)
        {
            // Servers read it from the query, older ones from the body alone.
            query.Add("dryRun", "All");
            body["dryRun"] = new JsonArray("All");
        }

        var request = new KubeRequest(HttpMethod.Delete, PathOf(resource, namespaceName, name), query.ToString())
        {
            Body = KubePatch.Bytes(body),
            // Without an identity, a repetition could hit an object that was made meanwhile under the same name.
            IsRepeatable = options is { Uid: not null } or { DryRun: true },
        };
        try
        {
            await _transport.SendAsync(request, _options.MaxObjectBytes, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (KubeException exception) when (exception.IsNotFound)
        {
            return false;
        }
    }

    /// <summary>Reports changes as they happen, until the server ends the watch.</summary>
    /// <param name="resource">The kind.</param>
    /// <param name="options">Which objects.</param>
    /// <param name="resourceVersion">Where to begin: the version of a list or of the last change.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <exception cref="KubeException">
    /// The version is too old (<see cref="KubeException.IsGone"/>), the stream broke, or an event was malformed.
    /// </exception>
    public IAsyncEnumerable<KubeWatchEvent> WatchAsync(
        KubeResource resource, KubeListOptions options, string resourceVersion, CancellationToken cancellationToken = default) =>
        WatchAsync(resource, options, resourceVersion, static () => { }, cancellationToken);

    /// <summary>As the other, and says when the server has accepted the watch, which may be long before the first event.</summary>
    internal async IAsyncEnumerable<KubeWatchEvent> WatchAsync(
        KubeResource resource, KubeListOptions options, string resourceVersion, Action opened,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(resource);
        ArgumentNullException.ThrowIfNull(options);
        var query = new KubeQuery().Add("watch", "true").Add("allowWatchBookmarks", "true").Add("labelSelector", options.LabelSelector)
            .Add("fieldSelector", options.FieldSelector).Add("resourceVersion", resourceVersion)
            .Add("timeoutSeconds", Math.Max(1, (int)_options.WatchDuration.TotalSeconds));
        var request = new KubeRequest(HttpMethod.Get, PathOf(resource, options.Namespace), query.ToString());

        // The server ends the watch in time; one that is silent beyond that is dead.
        using var limit = new CancellationTokenSource(_options.WatchDuration + _options.AttemptTimeout, _options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        using var response = await _transport.OpenAsync(request, either.Token).ConfigureAwait(false);
        await using var reader = await WatchReader.OpenAsync(request, response, _options.MaxEventBytes, either.Token).ConfigureAwait(false);
        opened();
        while (await NextAsync(reader, request, either.Token, cancellationToken).ConfigureAwait(false) is { } change)
        {
            yield return change;
        }
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose() => _transport.Dispose();

    private static async ValueTask<KubeWatchEvent?> NextAsync(
        WatchReader reader, KubeRequest request, CancellationToken either, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.NextAsync(either).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new KubeException($"{request}: the watch did not end in time.", reason: "Timeout", mayRetry: true);
        }
    }

    private async Task<KubeObject> ObjectAsync(KubeRequest request, CancellationToken cancellationToken) =>
        KubeObject.Parse(await _transport.SendAsync(request, _options.MaxObjectBytes, cancellationToken).ConfigureAwait(false));

    // Names come from servers too, in objects and in what objects refer to: one that is none is an answer that cannot be used, not a fault here.
    private static string PathOf(KubeResource resource, string? namespaceName, string? name = null, string? subresource = null) =>
        resource.TryPathOf(namespaceName, name, subresource, out var path, out var problem)
            ? path : throw new KubeException(problem, reason: KubeException.NamelessReason);

    private static byte[] Body(KubeResource resource, JsonObject body, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(body);
        var whole = (JsonObject)body.DeepClone();
        whole["apiVersion"] ??= resource.ApiVersion;
        whole["kind"] ??= resource.Kind;
        if (name is not null)
        {
            whole["metadata"] ??= new JsonObject();
            whole["metadata"]!["name"] ??= name;
        }

        return KubePatch.Bytes(whole);
    }

    private static void Set(JsonObject target, string name, string? value)
    {
        if (value is not null)
        {
            target[name] = value;
        }
    }
}
