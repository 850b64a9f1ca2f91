using Casemate.Node.Advertisement;
using Casemate.Node.Metrics;
using Casemate.Node.NodeObject;

namespace Casemate.Node.Cluster;

/// <content>Between the agent and its Node: what it offers goes there, what the scheduler sees and pods hold comes back.</content>
public sealed partial class ClusterLink
{
    private readonly HashSet<string> _phases = new(StringComparer.Ordinal);
    private NodeObjectWish? _wish;
    private (IReadOnlyList<PodRequest>? Requests, AdvertisementPlan? Plan) _counted;
    private string? _told;

    private async Task FollowAgentAsync(NodeAgent agent, CancellationToken stop)
    {
        while (true)
        {
            var change = agent.NextChange;
            var state = agent.State;
            CountPods(agent, state.Plan);
            TakeAdvertised(agent, state);
            Wish(agent, agent.State);
            TellProblem();

            // Health and lists change without a word, so they are looked at from time to time as well.
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stop);
            await Task.WhenAny(
                change, _wake.Reader.ReadAsync(either.Token).AsTask(), Task.Delay(_options.Interval, _client.Time, either.Token))
                .ConfigureAwait(false);
            await either.CancelAsync().ConfigureAwait(false);
            stop.ThrowIfCancellationRequested();
        }
    }

    private void CountPods(NodeAgent agent, AdvertisementPlan plan)
    {
        if (_requests is { } requests && !(ReferenceEquals(_counted.Requests, requests) && ReferenceEquals(_counted.Plan, plan)))
        {
            agent.SetPodUses(PodUses.Of(requests, plan));                  // which of them count depends on the plan
            agent.SetContainers([.. requests.SelectMany(request => request.Containers)]);
            _counted = (requests, plan);
        }
    }

    private void TakeAdvertised(NodeAgent agent, NodeState state)
    {
        var status = Status;
        foreach (var resource in state.Resources)
        {
            if (status.Advertised.TryGetValue(resource.Name, out var count))
            {
                agent.SetAdvertised(resource.Name, count);
            }
        }

        agent.SetPlatform(status.Platform);
        NotePhase(agent, StartupPhase.Plugin, status.AdvertisedAt);
        NotePhase(agent, StartupPhase.Attested, status.AttestedAt);
        NotePhase(agent, StartupPhase.Untainted, status.OpenedAt);
    }

    private void NotePhase(NodeAgent agent, string phase, DateTimeOffset? ended)
    {
        if (ended is not null && _phases.Add(phase))
        {
            agent.NoteStartup(phase);
        }
    }

    private void Wish(NodeAgent agent, NodeState state)
    {
        var expected = NodeObjectWish.ExpectedOf(state.Plan).ToDictionary(StringComparer.Ordinal);
        foreach (var resource in state.Resources.Where(resource => expected.ContainsKey(resource.Name)))
        {
            expected[resource.Name] = resource.Expected;                   // unhealthy devices are not promised
        }

        var overcommitted = NodeCondition.OfUsage(state.Plan, state.Usage);
        List<NodeCondition> conditions = [.. NodeCondition.OfHardware(state.Plan, state.Health)];
        conditions.AddRange(((NodeCondition?[])[overcommitted, _quotes]).OfType<NodeCondition>());
        var wish = new NodeObjectWish(state.Plan, expected, conditions) { NotReady = WhyNotReady(agent) };
        if (_wish is { } before && ReferenceEquals(before.Plan, wish.Plan) && before.NotReady == wish.NotReady
            && before.Conditions.SequenceEqual(wish.Conditions)
            && before.Expected.Count == expected.Count
            && before.Expected.All(entry => expected.TryGetValue(entry.Key, out var count) && count == entry.Value))
        {
            return;                                                        // each wish makes the Node be read
        }

        if (overcommitted is { Status: true } && !(_wish?.Conditions.Contains(overcommitted) ?? false))
        {
            ClusterLog.Overcommitted(_logger, _options.Node.NodeName, overcommitted.Message);
            Notify(new NodeNotice(NodeEventReason.EpcInsufficient, overcommitted.Message, Warning: true));
        }

        _wish = wish;
        _reconciler.Update(wish);
    }

    private string? WhyNotReady(NodeAgent agent)
    {
        if (!agent.IsReady)
        {
            return agent.IsOffered
                ? "The agent is not ready: its readiness and its log say why."
                : "The kubelet does not have everything that is offered.";
        }

        return (_options.Quotes, _quotes) switch
        {
            (null, _) or (_, { Status: true }) => null,
            (_, { Message: var problem }) => problem,
            _ => "The quote helper has not been asked yet.",
        };
    }

    private void TellProblem()
    {
        var problem = Problem;
        if (problem == _told)
        {
            return;
        }

        if (problem is null)
        {
            ClusterLog.Settled(_logger, _options.Node.NodeName);
        }
        else
        {
            ClusterLog.NotSettled(_logger, _options.Node.NodeName, problem);
        }

        _told = problem;
    }
}
