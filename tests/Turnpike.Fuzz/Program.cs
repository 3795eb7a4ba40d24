using Turnpike.Fuzz;

return FuzzCommand.Run(args);
