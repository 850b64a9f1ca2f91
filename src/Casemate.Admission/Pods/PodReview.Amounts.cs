using System.Globalization;
using System.Text.Json;
using Casemate.Kubernetes;
using Casemate.Primitives.Text;

namespace Casemate.Admission;

/// <content>How much EPC, and under which name.</content>
internal sealed partial class PodReview
{
    private static string Place(ReviewedContainer container, bool inLimits, string resource) =>
        $"{container.Place}.resources.{(inLimits ? "limits" : "requests")}['{resource}']";

    private static string AmountText(ResourceFamily family, long quantity) => family.Unit is EpcUnit.Byte && quantity % MiB == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{quantity / MiB}Mi")
        : quantity.ToString(CultureInfo.InvariantCulture);

    private static long RoundedUp(long bytes) => bytes > long.MaxValue - MiB ? bytes : (bytes + MiB - 1) / MiB * MiB;

    private void ReadAmounts(ReviewedContainer container)
    {
        foreach (var (map, inLimits) in new[] { (container.Limits, true), (container.Requests, false) })
        {
            foreach (var family in ResourceFamily.All)
            {
                if (map is not { } amounts || !amounts.TryGetProperty(family.Name, out var value) || value.ValueKind is JsonValueKind.Null)
                {
                    continue;
                }

                var text = PodShape.Amount(value);
                if (!Quantity.TryReadWhole(text, out var quantity) || !family.TryToBytes(quantity, out var bytes))
                {
                    container.IsReadable = false;
                    Find(
                        AdmissionFindingId.AmountUnreadable, Place(container, inLimits, family.Name),
                        $"'{Shown(text ?? value.GetRawText())}' is no whole number of {(family.Unit is EpcUnit.MiB ? "MiB" : "bytes")}.",
                        family.Unit is EpcUnit.MiB ? "Write the MiB as a whole number, such as 64." : "Write an amount such as 64Mi.");
                    continue;
                }

                if (quantity > 0)
                {
                    container.Add(new StatedAmount(family, inLimits, text!, quantity, bytes));
                }
            }
        }
    }

    // What the nodes are compared with is in whole MiB, as the pod may be written in them afterwards: the same answer both times.
    private void MeasurePod()
    {
        if (!PodEpc.TryUsed(Containers(bytes => bytes), out _bytes))
        {
            _bytes = long.MaxValue;
        }
    }

    private long RoundedPodBytes() => PodEpc.TryUsed(Containers(RoundedUp), out var bytes) ? bytes : long.MaxValue;

    // What the pod has once it is rewritten: each container's amount in units of the name that it ends up under.
    private long WrittenPodBytes() => PodEpc.TryUsed(
        _containers.Select(container => ContainerOf(container, container.Bytes == 0 ? 0 : WrittenBytes(container))), out var bytes)
            ? bytes : long.MaxValue;

    private long WrittenBytes(ReviewedContainer container)
    {
        if (_settings.BackEnd is EpcBackEnd.Claim)
        {
            return RoundedUp(container.Bytes);
        }

        var target = TargetOf(container);
        return target.TryToBytes(target.RequestFromBytes(container.Bytes), out var bytes) ? bytes : container.Bytes;
    }

    private IEnumerable<ContainerEpc> Containers(Func<long, long> size) =>
        _containers.Select(container => ContainerOf(container, size(container.Bytes)));

    private static ContainerEpc ContainerOf(ReviewedContainer container, long bytes) =>
        new(container.Kind, container.Bytes == 0 ? [] : [new EpcRequest(ResourceFamily.Intel, bytes)]);

    private void ChooseFamily()
    {
        if (_bytes == 0)
        {
            return;
        }

        if (_settings.BackEnd is EpcBackEnd.Claim)
        {
            _familyReason = "EPC is given by claims of Dynamic Resource Allocation: the settings say so.";
        }
        else if (_settings.Family is { } wanted)
        {
            (_family, _familyReason) = (wanted, $"Requests are written as {wanted}: the settings say so.");
        }
        else if (!_knowsNodes)
        {
            _familyReason = "Requests keep their names: no node is known.";
        }
        else if (_offers.IsEmpty)
        {
            _familyReason = "Requests keep their names: no node that the pod can reach offers EPC.";
        }
        else
        {
            ChooseOf(_offers);
        }
    }

    private void ChooseOf(IReadOnlyList<NodeOffer> offers)
    {
        var size = RoundedPodBytes();
        var large = offers.Where(node => node.EpcBytes >= size).ToList();
        var fitting = large.Count > 0 ? large : offers;
        var published = fitting.Select(node => node.Family!).Distinct().ToList();
        var own = _containers.SelectMany(container => container.Amounts).Select(amount => amount.Family).Distinct().ToList();
        var nodes = fitting.Count == 1 ? "the node" : FormattableString.Invariant($"the {fitting.Count} nodes");
        var which = $"{nodes} that the pod can be placed on{(fitting.Count < offers.Count ? " and that have as much" : "")}";
        (_family, _familyReason) = (published, own) switch
        {
            ([var only], _) =>
                (only, $"Requests are written as {only}: {which} {(fitting.Count == 1 ? "publishes" : "publish")} this name."),
            (_, [var single]) when published.Contains(single) =>
                (single, $"Requests keep {single.Name}: some of {which} publish this name, others do not."),
            _ => Most(fitting, which),
        };
    }

    private static (ResourceFamily, string) Most(IReadOnlyList<NodeOffer> nodes, string which)
    {
        var most = nodes.GroupBy(node => node.Family!).OrderByDescending(group => group.Count())
            .ThenBy(group => ResourceFamily.All.ToList().IndexOf(group.Key)).First().Key;
        return (most, $"Requests are written as {most}: most of {which} publish this name.");
    }

    private ResourceFamily TargetOf(ReviewedContainer container)
    {
        if (_family is { } family)
        {
            return family;
        }

        return States(container, ResourceFamily.Intel) ? ResourceFamily.Intel
            : ResourceFamily.All.First(family => States(container, family));
    }

    private static bool States(ReviewedContainer container, ResourceFamily family) =>
        container.Amounts.Any(amount => amount.Family == family);

    // Amounts are the same when they are the same in units of the name that they end up in.
    private bool Agree(ReviewedContainer container, ResourceFamily target)
    {
        var largest = target.RequestFromBytes(container.Bytes);
        if (container.Amounts.All(amount => target.RequestFromBytes(amount.Bytes) == largest))
        {
            return true;
        }

        var stated = string.Join(" and ", container.Amounts.Select(amount =>
            $"{(amount.InLimits ? "limits" : "requests")} {amount.Family.Name}: {Shown(amount.Text)} ({EpcText.Of(amount.Bytes)})"));
        Find(
            AdmissionFindingId.AmountsDiffer, container.Place, $"The amounts of EPC differ: {stated}.",
            "All names mean the same memory, and request and limit are equal: keep one name, or make the amounts equal.", denies: true);
        return false;
    }

    private void Translate(ReviewedContainer container)
    {
        if (container.Bytes == 0)
        {
            return;
        }

        var target = TargetOf(container);
        var quantity = target.RequestFromBytes(container.Bytes);
        var others = container.Amounts.Where(amount => amount.Family != target).ToList();
        foreach (var (map, pointer, inLimits) in new[]
        {
            (container.Limits, container.LimitsPointer, true), (container.Requests, container.RequestsPointer, false),
        })
        {
            var stated = container.Amounts.Where(amount => amount.InLimits == inLimits).ToList();
            if (!stated.Exists(amount => amount.Family == target))
            {
                var from = others.Select(amount => $"{amount.Family.Name}: {Shown(amount.Text)}").Distinct().ToList();
                _patch.Make(container.Pointer + "/resources", container.Resources is not null, "{}", ChangeId.FamilyTranslated);
                _patch.Set(
                    pointer, map, target.Name, PatchBuilder.Quote(AmountText(target, quantity)),
                    stated.Count > 0 ? ChangeId.FamilyTranslated : ChangeId.RequestCompleted,
                    stated.Count > 0
                        ? $"{string.Join(" and ", from)} is {EpcText.Of(container.Bytes)} under the name {target.Name}."
                        : $"{(inLimits ? "The limit" : "The request")} of {target.Name} equals the {(inLimits ? "request" : "limit")}, as "
                            + "extended resources must have it.");
            }

            foreach (var other in stated.Where(amount => amount.Family != target))
            {
                _patch.Remove(
                    pointer, other.Family.Name, ChangeId.FamilyTranslated,
                    $"{other.Family.Name} is not published beside {target.Name}: all names mean the same memory.");
            }
        }

        if (others.Count > 0)
        {
            RecordOriginal(container, others);
        }
    }

    internal static string Shown(string text)
    {
        var shown = text.Length > 40 ? text[..40] + "..." : text;
        return shown.Any(IsUnseen) ? string.Concat(shown.Select(c => IsUnseen(c) ? '?' : c)) : shown;
    }

    private static bool IsUnseen(char c) => UnseenCharacter.Is(c) || char.IsSurrogate(c);
}
