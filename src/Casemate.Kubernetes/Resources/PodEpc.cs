namespace Casemate.Kubernetes;

/// <summary>How much EPC a pod holds, whatever names it uses.</summary>
public static class PodEpc
{
    /// <summary>
    /// The pod's EPC in bytes. A container counts with the largest of its requests, since all names mean the same memory; a pod with
    /// the sum of what runs for its life, or with what an init container needs at its turn, whichever is more.
    /// </summary>
    /// <param name="containers">All containers, init containers in their order.</param>
    /// <param name="bytes">The amount; 0 when it cannot be told.</param>
    /// <returns>False when a quantity is negative or a sum too large for a number.</returns>
    public static bool TryUsed(IEnumerable<ContainerEpc> containers, out long bytes)
    {
        ArgumentNullException.ThrowIfNull(containers);
        bytes = 0;
        long running = 0;
        long main = 0;
        long largest = 0;
        foreach (var container in containers)
        {
            if (!TryUsed(container, out var used))
            {
                return false;
            }

            // The scheduler's rule: an init container runs beside the sidecars that were started before it.
            switch (container.Kind)
            {
                case ContainerKind.Main:
                    if (!TryAdd(ref main, used))
                    {
                        return false;
                    }

                    break;
                case ContainerKind.RestartableInit:
                    if (!TryAdd(ref running, used))
                    {
                        return false;
                    }

                    largest = Math.Max(largest, running);
                    break;
                case ContainerKind.Init:
                    if (!TryAdd(ref used, running))
                    {
                        return false;
                    }

                    largest = Math.Max(largest, used);
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(containers), container.Kind, "no such kind of container");
            }
        }

        if (!TryAdd(ref main, running))
        {
            return false;
        }

        bytes = Math.Max(main, largest);
        return true;
    }

    private static bool TryUsed(ContainerEpc container, out long largest)
    {
        largest = 0;
        foreach (var request in container.Requests)
        {
            if (!request.Family.TryToBytes(request.Quantity, out var bytes))
            {
                return false;
            }

            largest = Math.Max(largest, bytes);
        }

        return true;
    }

    private static bool TryAdd(ref long sum, long amount)
    {
        if (amount > long.MaxValue - sum)
        {
            return false;
        }

        sum += amount;
        return true;
    }
}
