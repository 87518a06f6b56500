if ('').dump then return 'escaped' end
