namespace Casemate.Node.DevicePlugin;

/// <summary>The list that is offered now, and a way to wait for the next.</summary>
internal sealed class PublishedList(DeviceList first)
{
    private readonly Lock _lock = new();
    private DeviceList _list = first;
    private TaskCompletionSource _next = NewNext();

    /// <summary>The list.</summary>
    public DeviceList Current
    {
        get
        {
            lock (_lock)
            {
                return _list;
            }
        }
    }

    /// <summary>The list, and a task that ends when another takes its place.</summary>
    public (DeviceList List, Task Next) Read()
    {
        lock (_lock)
        {
            return (_list, _next.Task);
        }
    }

    /// <summary>Offers another list.</summary>
    /// <returns>False when it is the same.</returns>
    public bool Publish(DeviceList list)
    {
        TaskCompletionSource next;
        lock (_lock)
        {
            if (list.IsSame(_list))
            {
                return false;
            }

            _list = list;
            next = _next;
            _next = NewNext();
        }

        next.SetResult();
        return true;
    }

    private static TaskCompletionSource NewNext() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
